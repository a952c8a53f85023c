#include "tasks/jinja/json_text.h"

#include <fmt/format.h>

#include <cmath>

#include "tasks/jinja/error.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"
#include "tasks/jinja/sorting.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;

void append_unit(std::string& out, unsigned unit) { out += fmt::format("\\u{:04x}", unit); }

void append_character(std::string& out, char32_t c) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  if (const std::size_t place = c < 0x80 ? kShort.find(static_cast<char>(c)) : std::string_view::npos;
      place != std::string_view::npos)
    (out += '\\') += kLetters[place];
  else if (c >= 0x20 && c < 0x7F)
    out += static_cast<char>(c);
  else if (c < 0x10000)
    append_unit(out, static_cast<unsigned>(c));
  else {
    append_unit(out, 0xD800 + ((static_cast<unsigned>(c) - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((static_cast<unsigned>(c) - 0x10000) & 0x3FF));
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t byte = 0; byte < text.size();) append_character(out, next_code_point(text, byte));
  out += '"';
}

std::string scalar(const Value& value) {
  std::string out;
  switch (value.kind()) {
    case Kind::kNone:
      return "null";
    case Kind::kBool:
      return value.get<bool>() ? "true" : "false";
    case Kind::kInt:
      append_integer(out, value.integer());
      return out;
    case Kind::kFloat:
      if (std::isnan(value.number())) return "NaN";
      if (std::isinf(value.number())) return value.number() < 0 ? "-Infinity" : "Infinity";
      append_float(out, value.number());
      return out;
    default:
      throw EvaluationError(fmt::format("tojson: a '{}' has no place in JSON", type_name(value)));
  }
}

class Writer {
 public:
  explicit Writer(const std::optional<std::string>& indent) : indent_(indent) {}

  std::string run(const Value& value) {
    append(value, 0);
    return std::move(out_);
  }

 private:
  void append(const Value& value, int depth) {
    if (depth > kMaximumDepth) throw EvaluationError(fmt::format("a value is nested deeper than {}", kMaximumDepth));
    if (value.is_string()) return append_string(out_, value.string());
    if (value.is_list_or_tuple()) return append_list(value, depth);
    if (value.is(Kind::kDict)) return append_dict(value, depth);
    out_ += scalar(value);
  }

  void new_line(int depth) {
    if (!indent_) return;
    out_ += '\n';
    for (int i = 0; i < depth; ++i) out_ += *indent_;
  }

  void separate(bool first, int depth) {
    if (!first) out_ += indent_ ? "," : ", ";
    new_line(depth);
  }

  void append_list(const Value& value, int depth) {
    out_ += '[';
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      separate(i == 0, depth + 1);
      append(value.items()[i], depth + 1);
    }
    if (!value.items().empty()) new_line(depth);
    out_ += ']';
  }

  void append_dict(const Value& value, int depth) {
    std::vector<std::pair<Value, Value>> entries = value.dict().entries;
    sort_by_key(entries, Direction::kAscending);
    out_ += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      separate(i == 0, depth + 1);
      append_string(out_,
                    entries[i].first.is_string() ? std::string(entries[i].first.string()) : scalar(entries[i].first));
      out_ += ": ";
      append(entries[i].second, depth + 1);
    }
    if (!entries.empty()) new_line(depth);
    out_ += '}';
  }

  const std::optional<std::string>& indent_;
  std::string out_;
};

}  // namespace

std::string to_json_text(const Value& value, const std::optional<std::string>& indent) {
  return Writer(indent).run(value);
}

}  // namespace jinja
