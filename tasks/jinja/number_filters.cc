// Filters of numbers, and those that make them.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "tasks/jinja/error.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

/// int(float); nothing for NaN, an error for infinities, which Python does not catch at first.
std::optional<Value> whole_part(double value) {
  if (std::isnan(value)) return std::nullopt;
  if (!(std::fabs(value) < 0x1p63)) throw EvaluationError("cannot convert the float to a 64-bit integer");
  return Value(static_cast<std::int64_t>(value));
}

std::optional<std::int64_t> whole_of_text(std::string_view text, const Value* base) {
  if (!base) return parse_integer(text);
  const std::int64_t number = base->is_integral() ? base->integer() : -1;
  const bool valid = number == 0 || (number >= 2 && number <= 36);  // else Python's error, which the filter catches
  return valid ? parse_integer(text, static_cast<int>(number)) : std::nullopt;
}

Value filter_int(Draws&, const Value& value, const Arguments& given) {
  given.check("int", 0, 2, {"default", "base"});
  const Value *absent = given.find(0, "default"), *base = given.find(1, "base");
  if (value.is_undefined()) raise_undefined(value);
  std::optional<Value> result;
  if (value.is_integral())
    result = Value(value.integer());
  else if (value.is(Kind::kFloat))
    result = whole_part(value.number());
  else if (value.is_string()) {
    if (const auto whole = whole_of_text(value.string(), base))
      result = Value(*whole);
    else if (const auto real = parse_float(value.string()); real && std::isfinite(*real))
      result = whole_part(*real);
  }
  if (result) return *result;
  return absent ? *absent : Value(0);
}

Value filter_float(Draws&, const Value& value, const Arguments& given) {
  given.check("float", 0, 1, {"default"});
  if (value.is_undefined()) raise_undefined(value);
  if (value.is_number()) return Value(value.number());
  if (value.is_string())
    if (const auto real = parse_float(value.string())) return Value(*real);
  const Value* absent = given.find(0, "default");
  return absent ? *absent : Value(0.0);
}

Value filter_abs(Draws&, const Value& value, const Arguments& given) {
  given.check("abs", 0, 0);
  if (value.is_undefined()) raise_undefined(value);
  if (value.is(Kind::kFloat)) return Value(std::fabs(value.number()));
  if (!value.is_integral()) throw EvaluationError(fmt::format("abs: a '{}' is not a number", type_name(value)));
  return value.integer() < 0 ? negative(value) : Value(value.integer());
}

Value round_integer(std::int64_t value, std::int64_t digits) {
  if (digits >= 0) return Value(value);
  if (digits < -18) return Value(0);
  std::int64_t unit = 1;
  for (std::int64_t i = digits; i < 0; ++i) unit *= 10;
  std::int64_t rest = value % unit;
  if (rest < 0) rest += unit;
  std::int64_t low = 0;
  if (__builtin_sub_overflow(value, rest, &low))
    throw EvaluationError("round: the result does not fit a 64-bit integer");
  const bool up = rest * 2 > unit || (rest * 2 == unit && (low / unit) % 2 != 0);
  return calculate(Arithmetic::kAdd, Value(low), Value(up ? unit : 0));
}

Value round_commonly(const Value& value, const Value* digits) {
  if (digits && digits->is(Kind::kNone)) {  // round(x, None) is an int
    if (value.is_integral()) return Value(value.integer());
    if (const auto whole = whole_part(std::nearbyint(value.number()))) return *whole;
    throw EvaluationError("round: NaN is no integer");
  }
  const std::int64_t places = digits ? integer_argument("round", *digits) : 0;
  return value.is_integral() ? round_integer(value.integer(), places) : Value(round_to(value.number(), places));
}

/// ceil(value * 10 ** digits) / 10 ** digits, and the same with floor.
Value round_one_way(const Value& value, const Value* digits_given, double (*way)(double)) {
  const std::int64_t digits = digits_given ? integer_argument("round", *digits_given) : 0;
  if (value.is_integral() && digits >= 0) return Value(value.number());
  const double unit = std::pow(10.0, static_cast<double>(digits)), scaled = value.number() * unit;
  if (!std::isfinite(scaled) || !std::isfinite(unit) || unit == 0)
    throw EvaluationError("round: the number is out of range");
  return Value((way(scaled) + 0.0) / unit);  // what Python rounds is an int, without a negative zero
}

Value filter_round(Draws&, const Value& value, const Arguments& given) {
  given.check("round", 0, 2, {"precision", "method"});
  const Value *digits = given.find(0, "precision"), *method_given = given.find(1, "method");
  const std::string_view method = method_given ? string_argument("round", *method_given) : "common";
  if (!value.is_number()) throw EvaluationError(fmt::format("round: a '{}' is not a number", type_name(value)));
  if (method == "common") return round_commonly(value, digits);
  if (method == "ceil") return round_one_way(value, digits, std::ceil);
  if (method == "floor") return round_one_way(value, digits, std::floor);
  throw EvaluationError("round: the method is common, ceil or floor");
}

double bytes_of(const Value& value) {
  if (value.is_undefined()) raise_undefined(value);
  if (value.is_number()) return value.number();
  if (value.is_string())
    if (const auto real = parse_float(value.string())) return *real;
  throw EvaluationError("filesizeformat: the value is not a number");
}

Value filter_filesizeformat(Draws&, const Value& value, const Arguments& given) {
  given.check("filesizeformat", 0, 1, {"binary"});
  const bool binary = is_set(given.find(0, "binary"));
  const double bytes = bytes_of(value), base = binary ? 1024 : 1000;
  if (bytes == 1) return Value::borrowed("1 Byte");
  if (bytes < base) {
    const auto whole = whole_part(bytes);
    return Value::text(text_of(*whole) + " Bytes");
  }
  constexpr std::string_view kDecimal[] = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  constexpr std::string_view kBinary[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
  long double unit = base;  // exact up to 1000 ** 9
  for (std::size_t i = 0;; ++i) {
    unit *= static_cast<long double>(base);
    if (static_cast<long double>(bytes) < unit || i == 7)
      return Value::text(
          fmt::format("{:.1f} {}", base * bytes / static_cast<double>(unit), binary ? kBinary[i] : kDecimal[i]));
  }
}

constexpr auto kFilters = std::to_array<FilterEntry>({
    {"abs", filter_abs},
    {"filesizeformat", filter_filesizeformat},
    {"float", filter_float},
    {"int", filter_int},
    {"round", filter_round},
});

}  // namespace

std::span<const FilterEntry> number_filters() { return kFilters; }

}  // namespace jinja
