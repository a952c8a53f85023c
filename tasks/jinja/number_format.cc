#include "tasks/jinja/number_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tasks/jinja/number_text.h"

namespace jinja {
namespace {

std::string upper_case(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

void add_point(std::string& text) {
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), 1, '.');
}

/// Exact at any precision, which fmt's digits are not beyond 766.
std::string digits_of(double size, std::chars_format form, int precision) {
  std::string text(static_cast<std::size_t>(precision) + 400, '\0');
  text.resize(static_cast<std::size_t>(
      std::to_chars(text.data(), text.data() + text.size(), size, form, precision).ptr - text.data()));
  return text;
}

/// "g": the exponent is written where it is below -4 or there are more digits in front of the point than asked for.
/// With
/// ".0" behind whole numbers that digit counts, so the exponent comes one place earlier.
std::string general(double size, const RealFormat& format) {
  const int precision = std::max(format.precision, 1);
  const std::string scientific = digits_of(size, std::chars_format::scientific, precision - 1);
  const std::size_t e = scientific.find('e');
  const int point = std::stoi(scientific.substr(e + 1)) + 1;  // digits in front of the point
  std::string digits = scientific.substr(0, e);
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  if (!format.alternate) digits.erase(std::max<std::size_t>(digits.find_last_not_of('0') + 1, 1));
  if (point <= -4 || point > precision - (format.dot_zero ? 1 : 0)) {
    if (digits.size() > 1) digits.insert(1, 1, '.');
    return digits + scientific.substr(e);
  }
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (digits.size() > whole) return digits.insert(whole, 1, '.');
  return digits + std::string(whole - digits.size(), '0') + (format.dot_zero ? ".0" : "");
}

std::string shortest(double size) {
  std::string text;
  append_float(text, size);
  return text;
}

}  // namespace

std::string real_digits(double size, const RealFormat& format) {
  const bool upper = format.type >= 'A' && format.type <= 'Z';
  const char type = upper ? static_cast<char>(format.type + 32) : format.type;
  if (!std::isfinite(size)) return upper ? upper_case(shortest(size)) : shortest(size);
  std::string digits;
  if (type == 'r')
    digits = shortest(size);
  else if (type == 'e')
    digits = digits_of(size, std::chars_format::scientific, format.precision);
  else if (type == 'f')
    digits = digits_of(size, std::chars_format::fixed, format.precision);
  else
    digits = general(size, format);
  if (format.alternate) add_point(digits);
  return upper ? upper_case(std::move(digits)) : digits;
}

}  // namespace jinja
