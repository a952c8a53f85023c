// + - * / // % **: numbers of 64 bits, and what Python lets sequences do.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tasks/jinja/error.h"
#include "tasks/jinja/operand_errors.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/string_format.h"

namespace jinja {
namespace {

constexpr std::int64_t kMaximumRepeat = std::int64_t{1} << 28;  // bytes or items

std::string_view sign_of(Arithmetic operation) {
  constexpr std::string_view kSigns[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSigns[static_cast<int>(operation)];
}

[[noreturn]] void raise_overflow(std::string_view sign) {
  throw EvaluationError(fmt::format("the result of {} does not fit a 64-bit integer", sign));
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) raise_overflow("//");
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_divide(double a, double b) {
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

Value integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) throw EvaluationError("0.0 cannot be raised to a negative power");
    return Value(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  std::int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) raise_overflow("**");
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) raise_overflow("**");
  }
  return Value(result);
}

Value calculate_integers(Arithmetic operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  const bool divides =
      operation == Arithmetic::kDivide || operation == Arithmetic::kFloorDivide || operation == Arithmetic::kModulo;
  if (divides && b == 0) throw EvaluationError("division by zero");
  switch (operation) {
    case Arithmetic::kAdd:
      if (__builtin_add_overflow(a, b, &result)) raise_overflow("+");
      return Value(result);
    case Arithmetic::kSubtract:
      if (__builtin_sub_overflow(a, b, &result)) raise_overflow("-");
      return Value(result);
    case Arithmetic::kMultiply:
      if (__builtin_mul_overflow(a, b, &result)) raise_overflow("*");
      return Value(result);
    case Arithmetic::kDivide:
      return Value(static_cast<double>(a) / static_cast<double>(b));
    case Arithmetic::kFloorDivide:
      return Value(floor_divide(a, b));
    case Arithmetic::kModulo:
      return Value(modulo(a, b));
    case Arithmetic::kPower:
      return integer_power(a, b);
  }
  throw std::logic_error("an operation of no kind");
}

Value calculate_floats(Arithmetic operation, double a, double b) {
  const bool divides =
      operation == Arithmetic::kDivide || operation == Arithmetic::kFloorDivide || operation == Arithmetic::kModulo;
  if (divides && b == 0) throw EvaluationError("float division by zero");
  switch (operation) {
    case Arithmetic::kAdd:
      return Value(a + b);
    case Arithmetic::kSubtract:
      return Value(a - b);
    case Arithmetic::kMultiply:
      return Value(a * b);
    case Arithmetic::kDivide:
      return Value(a / b);
    case Arithmetic::kFloorDivide:
      return Value(floor_divide(a, b));
    case Arithmetic::kModulo:
      return Value(modulo(a, b));
    case Arithmetic::kPower:
      if (a == 0 && b < 0) throw EvaluationError("0.0 cannot be raised to a negative power");
      if (a < 0 && std::trunc(b) != b) throw EvaluationError("a negative number to a fraction's power is complex");
      return Value(std::pow(a, b));
  }
  throw std::logic_error("an operation of no kind");
}

void check_repeat(std::int64_t size, std::int64_t times) {
  if (size > 0 && times > kMaximumRepeat / size) throw EvaluationError("a repetition with * is too large");
}

std::optional<Value> repeat(const Value& value, const Value& times) {
  if (!times.is_integral()) return std::nullopt;
  const std::int64_t n = std::max<std::int64_t>(0, times.integer());
  if (value.is_string()) {
    check_repeat(static_cast<std::int64_t>(value.string().size()), n);
    std::string out;
    for (std::int64_t i = 0; i < n; ++i) out += value.string();
    return Value::text(std::move(out));
  }
  if (!value.is_list_or_tuple()) return std::nullopt;
  check_repeat(static_cast<std::int64_t>(value.items().size()), n);
  std::vector<Value> items;
  for (std::int64_t i = 0; i < n; ++i) items.insert(items.end(), value.items().begin(), value.items().end());
  return value.is(Kind::kList) ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

std::optional<Value> concatenate(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return std::nullopt;
  if (a.is_string()) return Value::text(std::string(a.string()).append(b.string()));
  if (!a.is_list_or_tuple()) return std::nullopt;
  std::vector<Value> items = a.items();
  items.insert(items.end(), b.items().begin(), b.items().end());
  return a.is(Kind::kList) ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

/// The operators that Python defines for other than numbers.
std::optional<Value> calculate_sequences(Arithmetic operation, const Value& a, const Value& b) {
  if (operation == Arithmetic::kAdd) return concatenate(a, b);
  if (operation == Arithmetic::kMultiply) {
    auto result = repeat(a, b);
    return result ? result : repeat(b, a);
  }
  if (operation == Arithmetic::kModulo && a.is_string()) {
    return Value::text(format_percent(a.string(), b));
  }
  return std::nullopt;
}

}  // namespace

Value calculate(Arithmetic operation, const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return calculate_integers(operation, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return calculate_floats(operation, a.number(), b.number());
  if (auto result = calculate_sequences(operation, a, b)) return *result;
  raise_operands(sign_of(operation), a, b);
}

Value negative(const Value& value) {
  if (value.is(Kind::kFloat)) return Value(-value.number());
  if (!value.is_integral()) raise_operands("unary -", value, value);
  if (value.integer() == std::numeric_limits<std::int64_t>::min()) raise_overflow("unary -");
  return Value(-value.integer());
}

Value positive(const Value& value) {
  if (value.is(Kind::kFloat)) return value;
  if (!value.is_integral()) raise_operands("unary +", value, value);
  return Value(value.integer());
}

}  // namespace jinja
