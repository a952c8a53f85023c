#include "tasks/jinja/number_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "harness/core/text.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

/// Removes white space around and underscores between digits, and writes digits of any script in ASCII; nothing where
/// an underscore stands elsewhere, or a character that no number has.
std::optional<std::string> plain_number(std::string_view text) {
  text = core::strip(text);
  std::string plain;
  bool after_digit = false;
  for (std::size_t byte = 0; byte < text.size();) {
    const char32_t c = next_code_point(text, byte);
    if (c == '_') {
      std::size_t next = byte;
      if (!after_digit || byte == text.size() || !is_alnum(next_code_point(text, next))) return std::nullopt;
      after_digit = false;
      continue;
    }
    const int digit = decimal_value(c);
    if (digit < 0 && c >= 0x80) return std::nullopt;
    plain += digit >= 0 ? static_cast<char>('0' + digit) : static_cast<char>(c);
    after_digit = is_alnum(c);
  }
  return plain;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  return true;
}

int base_of_mark(char mark) {
  switch (std::tolower(static_cast<unsigned char>(mark))) {
    case 'x':
      return 16;
    case 'o':
      return 8;
    case 'b':
      return 2;
    default:
      return 0;
  }
}

/// Removes "0x", "0o" or "0b" where it fits the base; base 0 becomes what the text says.
std::string_view without_prefix(std::string_view digits, int& base) {
  const int marked = digits.size() > 2 && digits[0] == '0' ? base_of_mark(digits[1]) : 0;
  if (marked != 0 && (base == 0 || base == marked)) {
    base = marked;
    return digits.substr(2);
  }
  if (base == 0) {
    base = 10;
    if (digits.starts_with('0') && digits.find_first_not_of('0') != std::string_view::npos) return "";  // "007"
  }
  return digits;
}

}  // namespace

void append_float(std::string& out, double value) {
  if (std::isnan(value)) return void(out += "nan");
  if (std::isinf(value)) return void(out += value < 0 ? "-inf" : "inf");
  char buffer[40];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(scientific.ptr - buffer));
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= 16) return void(out += text);
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  const std::string_view plain(buffer, static_cast<std::size_t>(fixed.ptr - buffer));
  out += plain;
  if (plain.find('.') == std::string_view::npos) out += ".0";
}

void append_integer(std::string& out, std::int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  if (base != 0 && (base < 2 || base > 36)) throw EvaluationError("int() base must be 0 or from 2 to 36");
  const auto plain = plain_number(text);
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  digits = without_prefix(digits, base);
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
  std::int64_t value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto read = std::from_chars(signed_digits.data(), end, value, base);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range)
    throw EvaluationError(fmt::format("the integer {} does not fit 64 bits", text));
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  const auto plain = plain_number(text);
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  const double sign = negative ? -1.0 : 1.0;
  if (equals_ignoring_case(digits, "nan")) return std::numeric_limits<double>::quiet_NaN();
  if (equals_ignoring_case(digits, "inf") || equals_ignoring_case(digits, "infinity"))
    return sign * std::numeric_limits<double>::infinity();
  if (digits[0] != '.' && (digits[0] < '0' || digits[0] > '9')) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ptr != digits.data() + digits.size() || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range)  // from_chars says neither which way
    value = std::strtod(std::string(digits).c_str(), nullptr);
  return sign * value;
}

double round_to(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits == 0) return std::nearbyint(value);
  if (digits < -308) return std::copysign(0.0, value);
  if (digits > 0) return std::strtod(fmt::format("{:.{}f}", value, digits).c_str(), nullptr);
  // Left of the point: "%.Ne" rounds the decimal digits that stay.
  const int magnitude = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::fabs(value))));
  const std::int64_t kept = magnitude + digits;
  if (kept >= 0) return std::strtod(fmt::format("{:.{}e}", value, kept).c_str(), nullptr);
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(value / unit) * unit;
}

}  // namespace jinja
