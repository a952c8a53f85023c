// Methods of int and float. Their parts real, imag, numerator, denominator are refused rather than printed as nothing.
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>

#include "tasks/jinja/error.h"
#include "tasks/jinja/method_table.h"
#include "tasks/jinja/number_text.h"

namespace jinja {
namespace {

std::uint64_t size_of(const Value& self) {
  const auto whole = static_cast<std::uint64_t>(self.integer());
  return self.integer() < 0 ? 0 - whole : whole;
}

Value int_bit_length(const Value& self, const Arguments& given) {
  given.check("bit_length", 0, 0);
  return Value(static_cast<std::int64_t>(std::bit_width(size_of(self))));
}
Value int_bit_count(const Value& self, const Arguments& given) {
  given.check("bit_count", 0, 0);
  return Value(static_cast<std::int64_t>(std::popcount(size_of(self))));
}
Value int_conjugate(const Value& self, const Arguments& given) {
  given.check("conjugate", 0, 0);
  return Value(self.integer());
}
Value int_as_integer_ratio(const Value& self, const Arguments& given) {
  given.check("as_integer_ratio", 0, 0);
  return Value::tuple({Value(self.integer()), Value(1)});
}

Value float_is_integer(const Value& self, const Arguments& given) {
  given.check("is_integer", 0, 0);
  return Value(std::isfinite(self.number()) && std::trunc(self.number()) == self.number());
}
Value float_conjugate(const Value& self, const Arguments& given) {
  given.check("conjugate", 0, 0);
  return self;
}

Value float_hex(const Value& self, const Arguments& given) {
  given.check("hex", 0, 0);
  const double value = self.number();
  std::string text;
  if (!std::isfinite(value)) {
    append_float(text, value);
  } else if (value == 0) {
    text = std::signbit(value) ? "-0x0.0p+0" : "0x0.0p+0";
  } else {
    char buffer[40];
    const int size = std::snprintf(buffer, sizeof buffer, "%.13a", value);
    text.assign(buffer, static_cast<std::size_t>(size));
  }
  return Value::text(std::move(text));
}

Value float_as_integer_ratio(const Value& self, const Arguments& given) {
  given.check("as_integer_ratio", 0, 0);
  double numerator = self.number(), denominator = 1;
  if (!std::isfinite(numerator)) throw EvaluationError("as_integer_ratio: NaN and infinity have no ratio");
  while (std::trunc(numerator) != numerator && denominator < 0x1p62) {
    numerator *= 2;
    denominator *= 2;
  }
  if (std::trunc(numerator) != numerator || std::fabs(numerator) >= 0x1p63)
    throw EvaluationError("as_integer_ratio: the ratio does not fit 64-bit integers");
  return Value::tuple({Value(static_cast<std::int64_t>(numerator)), Value(static_cast<std::int64_t>(denominator))});
}

constexpr auto kIntMethods = std::to_array<MethodEntry>({
    {"bit_length", int_bit_length},
    {"bit_count", int_bit_count},
    {"conjugate", int_conjugate},
    {"as_integer_ratio", int_as_integer_ratio},
    {"to_bytes", nullptr},
    {"from_bytes", nullptr},
    {"real", nullptr},
    {"imag", nullptr},
    {"numerator", nullptr},
    {"denominator", nullptr},
});
constexpr auto kFloatMethods = std::to_array<MethodEntry>({
    {"is_integer", float_is_integer},
    {"as_integer_ratio", float_as_integer_ratio},
    {"conjugate", float_conjugate},
    {"hex", float_hex},
    {"fromhex", nullptr},
    {"real", nullptr},
    {"imag", nullptr},
});

}  // namespace

std::span<const MethodEntry> int_methods() { return kIntMethods; }
std::span<const MethodEntry> float_methods() { return kFloatMethods; }

}  // namespace jinja
