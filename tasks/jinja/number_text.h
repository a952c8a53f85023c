// Numbers as Python writes and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jinja {

/// repr(float): the shortest digits that read back, fixed for exponents from -4 to 15, else "1e-05"; "nan", "inf".
void append_float(std::string& out, double value);
void append_integer(std::string& out, std::int64_t value);

/// int(text, base) and float(text): surrounding white space, sign, single underscores between digits, digits of any
/// script; base 0 takes the one that the prefix names. Nothing where
/// Python raises ValueError; int throws EvaluationError beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10);
std::optional<double> parse_float(std::string_view text);

/// round(value, digits): correctly rounded in decimal, ties of the binary value to even.
double round_to(double value, std::int64_t digits);

}  // namespace jinja
