#include "tasks/jinja/field_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/jinja/error.h"
#include "tasks/jinja/format_spec.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

struct Field {
  std::string_view name, spec;
  char conversion = 0;
};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class FieldFormatter {
 public:
  FieldFormatter(const Arguments* given, const Value* dict) : given_(given), dict_(dict) {}

  std::string run(std::string_view text, int depth) {
    if (depth == 0) throw EvaluationError("format: fields stand in the format of a field's format");
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        const std::size_t end = std::min(text.find_first_of("{}", at), text.size());
        out += text.substr(at, end - at);
        at = end;
        continue;
      }
      ++at;
      if (at < text.size() && text[at] == c)
        out += text[at++];
      else if (c == '}')
        throw EvaluationError("format: a single '}' stands in the text");
      else
        append_field(out, read_field(text, at), depth);
    }
    return out;
  }

 private:
  /// Reads behind "{" up to its "}".
  static Field read_field(std::string_view text, std::size_t& at) {
    const auto peek = [&] {
      if (at >= text.size()) throw EvaluationError("format: '}' is missing");
      return text[at];
    };
    Field field;
    const std::size_t start = at;
    for (bool in_brackets = false; in_brackets || std::string_view("}:!").find(peek()) == std::string_view::npos;
         ++at) {
      if (peek() == '{') throw EvaluationError("format: '{' stands in the name of a field");
      if (peek() == '[') in_brackets = true;
      if (peek() == ']') in_brackets = false;
    }
    field.name = text.substr(start, at - start);
    if (peek() == '!') {
      ++at;
      field.conversion = peek();
      ++at;
      if (peek() != ':' && peek() != '}') throw EvaluationError("format: expected ':' behind the conversion");
    }
    if (peek() == ':') {
      const std::size_t spec = ++at;
      for (int open = 1;; ++at) {
        if (peek() == '{') ++open;
        if (peek() == '}' && --open == 0) break;
      }
      field.spec = text.substr(spec, at - spec);
    }
    ++at;
    return field;
  }

  void append_field(std::string& out, const Field& field, int depth) {
    const Value value = converted(field.conversion, find(field.name));
    if (field.spec.find_first_of("{}") == std::string_view::npos)
      out += format_value(value, field.spec);
    else
      out += format_value(value, run(field.spec, depth - 1));
  }

  static Value converted(char conversion, const Value& value) {
    if (conversion == 0) return value;
    std::string text;
    if (conversion == 's')
      append_text(text, value);
    else if (conversion == 'r' || conversion == 'a')
      append_repr(text, value);
    else
      throw EvaluationError(fmt::format("format: unknown conversion '{}'", conversion));
    return Value::text(conversion == 'a' ? escape_non_ascii(text) : std::move(text));
  }

  Value find(std::string_view name) {
    const std::size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = first_of(name.substr(0, end));
    name.remove_prefix(end);
    while (!name.empty()) value = step(value, name);
    return value;
  }

  Value first_of(std::string_view name) {
    if (name.empty() || is_digits(name)) return at_place(name);
    if (dict_) {
      if (!dict_->is(Kind::kDict))
        throw EvaluationError(fmt::format("format_map: a '{}' is no dict", type_name(*dict_)));
      if (const Value* found = dict_->dict().find(name)) return *found;
    } else {
      for (const auto& [key, value] : given_->named)
        if (key == name) return value;
    }
    throw EvaluationError(fmt::format("format: there is no argument called '{}'", name));
  }

  Value at_place(std::string_view digits) {
    const bool counted = digits.empty();
    if ((counted ? named_place_ : counted_place_) && !dict_)
      throw EvaluationError("format: '{}' and '{0}' cannot stand in one text");
    (counted ? counted_place_ : named_place_) = true;
    if (dict_) throw EvaluationError("format_map: a field has no name");
    const std::size_t place = counted ? next_++ : static_cast<std::size_t>(parse_integer(digits).value_or(-1));
    if (place >= given_->positional.size())
      throw EvaluationError(fmt::format("format: there is no argument {}", place));
    return given_->positional[place];
  }

  /// Follows one ".attribute" or "[item]" and removes it from `name`.
  static Value step(const Value& value, std::string_view& name) {
    const bool is_item = name.front() == '[';
    name.remove_prefix(1);
    std::string_view part = name.substr(0, name.find_first_of(is_item ? "]" : ".["));
    if (is_item && part.size() == name.size()) throw EvaluationError("format: ']' is missing");
    if (part.empty()) throw EvaluationError("format: an attribute or item has no name");
    name.remove_prefix(part.size() + (is_item ? 1 : 0));
    if (is_item && !name.empty() && name.front() != '.' && name.front() != '[')
      throw EvaluationError("format: only '.' or '[' may follow ']'");
    if (value.is_undefined()) raise_undefined(value);
    const Value found = is_item ? item_of(value, part) : attribute_of(value, part);
    if (found.is_undefined()) throw EvaluationError(fmt::format("format: {}", found.get<Undefined>().why()));
    return found;
  }

  static Value item_of(const Value& value, std::string_view key) {
    if (is_digits(key)) return item(value, Value(parse_integer(key).value_or(0)));
    const Value* found = value.is(Kind::kDict) ? value.dict().find(key) : nullptr;
    return found ? *found : Value::undefined(fmt::format("there is no item '{}'", key));
  }

  static Value attribute_of(const Value& value, std::string_view name) {
    const Value found = attribute(value, name);
    if (value.is(Kind::kDict) && !found.is(Kind::kMethod))  // Environment.getattr falls back to items, Python does not
      throw EvaluationError(fmt::format("format: a dict has no attribute '{}'", name));
    return found;
  }

  const Arguments* given_;
  const Value* dict_;
  std::size_t next_ = 0;
  bool counted_place_ = false, named_place_ = false;
};

constexpr int kDepth = 2;  // of fields in formats

}  // namespace

std::string format_fields(std::string_view text, const Arguments& given) {
  return FieldFormatter(&given, nullptr).run(text, kDepth);
}

std::string format_fields_of(std::string_view text, const Value& dict) {
  return FieldFormatter(nullptr, &dict).run(text, kDepth);
}

}  // namespace jinja
