#include "harness/core/json.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/json_document.h"

namespace core {
namespace {

[[noreturn]] void expected(const char* what, const Json& found) {
  throw std::runtime_error(fmt::format("expected {}, found {}", what, found.kind()));
}

template <class T>
const T& get(const Json& json, const char* what) {
  if (const T* value = std::get_if<T>(&json.value())) return *value;
  expected(what, json);
}

constexpr int kCompact = -1;

/// `indent` is the depth of a text for people, or kCompact.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const Json& json, int indent) {
    std::visit([&](const auto& value) { write_value(value, indent); }, json.value());
  }

 private:
  void write_value(std::nullptr_t, int) { out_ += "null"; }
  void write_value(bool value, int) { out_ += value ? "true" : "false"; }
  void write_value(std::int64_t value, int) { fmt::format_to(std::back_inserter(out_), "{}", value); }
  void write_value(const BigInteger& value, int) { out_ += value.digits; }
  void write_value(double value, int) { append_json_double(out_, value); }
  void write_value(const std::string& value, int) { append_json_string(out_, value); }

  void write_value(const Json::Array& items, int indent) {
    write_items(items, indent, '[', ']', [&](const Json& item, int inner) { write(item, inner); });
  }
  void write_value(const Json::Object& fields, int indent) {
    write_items(fields, indent, '{', '}', [&](const std::pair<std::string, Json>& field, int inner) {
      append_json_string(out_, field.first);
      out_ += indent == kCompact ? ":" : ": ";
      write(field.second, inner);
    });
  }

  template <class Items, class WriteItem>
  void write_items(const Items& items, int indent, char open, char close, WriteItem write_item) {
    const int inner = indent == kCompact ? kCompact : indent + 1;
    out_ += open;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      new_line(inner);
      write_item(items[i], inner);
    }
    if (!items.empty()) new_line(indent);
    out_ += close;
  }

  void new_line(int indent) {
    if (indent == kCompact) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent) * 2, ' ');
  }

  std::string& out_;
};

}  // namespace

std::string Json::kind() const {
  if (is_null()) return "null";
  if (is_bool()) return "a boolean";
  if (is_string()) return "a string";
  if (is_array()) return "a list";
  if (is_object()) return "an object";
  return "a number";
}

bool Json::as_bool() const { return get<bool>(*this, "a boolean"); }

std::int64_t Json::as_integer() const {
  if (std::holds_alternative<BigInteger>(value_))
    throw std::runtime_error("expected an integer of 64 bits, found a larger one");
  return get<std::int64_t>(*this, "an integer");
}

double Json::as_double() const {
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
  if (const auto* big = std::get_if<BigInteger>(&value_)) return std::stod(big->digits);
  return get<double>(*this, "a number");
}

const std::string& Json::as_string() const { return get<std::string>(*this, "a string"); }
const Json::Array& Json::as_array() const { return get<Array>(*this, "a list"); }
const Json::Object& Json::as_object() const { return get<Object>(*this, "an object"); }

std::vector<std::string> Json::as_strings() const {
  if (!is_array()) expected("a list of strings", *this);
  std::vector<std::string> out;
  for (const Json& item : as_array()) {
    if (!item.is_string()) throw std::runtime_error("expected a list of strings, found " + item.kind() + " in it");
    out.push_back(item.as_string());
  }
  return out;
}

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : as_object())
    if (name == key) return &value;
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  if (const Json* value = find(key)) return *value;
  throw std::runtime_error(fmt::format("key '{}' is missing", key));
}

Json parse_json(std::string_view text) { return JsonDocument(text).value(); }

Json read_json_file(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return parse_json(text);
  } catch (const std::runtime_error& error) {
    throw FileError(path, error.what());
  }
}

std::string write_json(const Json& value) {
  std::string out;
  Writer(out).write(value, kCompact);
  return out;
}

std::string write_json_pretty(const Json& value) {
  std::string out;
  Writer(out).write(value, 0);
  return out += '\n';
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        break;
    }
  }
  out.append(text, plain);
  out += '"';
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) throw std::invalid_argument(fmt::format("JSON has no number for {}", value));
  char digits[32];  // 24 at most
  const std::string_view text(digits, static_cast<std::size_t>(fmt::format_to(digits, "{}", value) - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";  // stays a double when it is read
}

}  // namespace core
