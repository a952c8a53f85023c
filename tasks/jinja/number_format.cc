#include "tasks/jinja/number_format.h"

#include <fmt/format.h>

#include <algorithm>
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

/// "g" where whole numbers end in ".0": that digit counts, so the exponent comes one place earlier.
std::string general_with_dot(double size, int precision) {
  precision = std::max(precision, 1);
  const std::string scientific = fmt::format("{:.{}e}", size, precision - 1);
  const std::size_t e = scientific.find('e');
  const int point = std::stoi(scientific.substr(e + 1)) + 1;  // digits in front of the point
  std::string digits = scientific.substr(0, e);
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  digits.erase(std::max<std::size_t>(digits.find_last_not_of('0') + 1, 1));
  if (point <= -4 || point > precision - 1) {
    if (digits.size() > 1) digits.insert(1, 1, '.');
    return digits + scientific.substr(e);
  }
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0') + ".0";
  return digits.insert(whole, 1, '.');
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
    digits = fmt::format("{:.{}e}", size, format.precision);
  else if (type == 'f')
    digits = fmt::format("{:.{}f}", size, format.precision);
  else if (format.dot_zero)
    digits = general_with_dot(size, format.precision);
  else if (format.alternate)
    digits = fmt::format("{:#.{}g}", size, std::max(format.precision, 1));
  else
    digits = fmt::format("{:.{}g}", size, std::max(format.precision, 1));
  if (format.alternate) add_point(digits);
  return upper ? upper_case(std::move(digits)) : digits;
}

}  // namespace jinja
