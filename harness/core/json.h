// JSON values: read by simdjson (exact doubles, invalid UTF-8 is an error), written by fmt (the shortest text that reads
// back). A key that occurs twice in an object is an error; so is nesting deeper than 1,000. Objects keep their order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace core {

/// An integer outside the 64-bit range, as it was written.
struct BigInteger {
  std::string digits;
  bool operator==(const BigInteger&) const = default;
};

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, BigInteger, double, std::string, Array, Object>;

  Json() : value_(nullptr) {}
  Json(std::nullptr_t) : value_(nullptr) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(BigInteger value) : value_(std::move(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_number() const { return is_integer() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// Each throws std::runtime_error "expected a string, found a number" where the value is of another kind.
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_double() const;  // an integer too
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;
  std::vector<std::string> as_strings() const;

  /// The value of a key of an object; nullptr where the object lacks it.
  const Json* find(std::string_view key) const;
  /// The same; throws std::runtime_error "key 'x' is missing".
  const Json& at(std::string_view key) const;

  const Value& value() const { return value_; }
  Value& value() { return value_; }
  bool operator==(const Json&) const = default;

  /// "null", "a boolean", "a number", "a string", "a list", "an object": for error messages.
  std::string kind() const;

 private:
  Value value_;
};

/// Parses one JSON document. Throws std::runtime_error that names the byte.
Json parse_json(std::string_view text);
/// Reads and parses a file. Throws FileError.
Json read_json_file(const std::string& path);

/// Compact text: no blanks, non-ASCII as it is, escapes only \" \\ \b \f \n \r \t and \u00xx below U+0020, doubles as the
/// shortest text that reads back (NaN and infinities throw std::invalid_argument).
std::string write_json(const Json& value);
/// The same with indentation of two blanks and a final newline: for files that people read.
std::string write_json_pretty(const Json& value);
void append_json_string(std::string& out, std::string_view text);
void append_json_double(std::string& out, double value);

}  // namespace core
