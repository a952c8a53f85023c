// Floats in a given precision, as % formatting and format() write them (CPython's PyOS_double_to_string).
#pragma once

#include <string>

namespace jinja {

struct RealFormat {
  char type = 'f';         // e, f, g, or r: as str() does; also E, F, G
  int precision = 6;       // digits behind the point, for g: significant ones; unused by r
  bool alternate = false;  // "#": keeps the point, and for g the zeros
  bool dot_zero = false;   // for g: ".0" behind a whole number, which counts as a digit
};

/// The digits of a value without a sign: 0 <= size, or NaN or infinity.
std::string real_digits(double size, const RealFormat& format);

}  // namespace jinja
