#include "tasks/jinja/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/methods.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/python_text.h"
#include "tasks/jinja/string_format.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;                              // of values inside values
constexpr std::int64_t kMaximumRepeat = std::int64_t{1} << 28;  // bytes or items

[[noreturn]] void raise_operands(std::string_view sign, const Value& a, const Value& b) {
  if (a.is_undefined()) raise_undefined(a);
  if (b.is_undefined()) raise_undefined(b);
  throw EvaluationError(
      fmt::format("unsupported operand types for {}: '{}' and '{}'", sign, type_name(a), type_name(b)));
}

void check_depth(int depth) {
  if (depth > kMaximumDepth) throw EvaluationError(fmt::format("a value is nested deeper than {}", kMaximumDepth));
}

void append_repr(std::string& out, const Value& value, int depth);

void append_items(std::string& out, const std::vector<Value>& items, int depth) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i) out += ", ";
    append_repr(out, items[i], depth + 1);
  }
}

void append_entries(std::string& out, const Dict& dict, int depth) {
  out += '{';
  for (std::size_t i = 0; i < dict.entries.size(); ++i) {
    if (i) out += ", ";
    append_repr(out, dict.entries[i].first, depth + 1);
    out += ": ";
    append_repr(out, dict.entries[i].second, depth + 1);
  }
  out += '}';
}

void append_range(std::string& out, const Range& range) {
  out += fmt::format("range({}, {}", range.start, range.stop);
  out += range.step == 1 ? ")" : fmt::format(", {})", range.step);
}

void append_macro(std::string& out, const Macro& macro) {
  out += "<Macro ";
  if (macro.name.empty())
    out += "anonymous";
  else
    jinja::append_repr(out, macro.name);
  out += '>';
}

void append_repr(std::string& out, const Value& value, int depth) {
  check_depth(depth);
  switch (value.kind()) {
    case Kind::kUndefined:
      out += "Undefined";
      return;
    case Kind::kNone:
      out += "None";
      return;
    case Kind::kBool:
      out += value.get<bool>() ? "True" : "False";
      return;
    case Kind::kInt:
      return append_integer(out, value.get<std::int64_t>());
    case Kind::kFloat:
      return append_float(out, value.get<double>());
    case Kind::kString:
      return jinja::append_repr(out, value.string());
    case Kind::kList:
      out += '[';
      append_items(out, value.items(), depth);
      out += ']';
      return;
    case Kind::kTuple:
      out += '(';
      append_items(out, value.items(), depth);
      out += value.items().size() == 1 ? ",)" : ")";
      return;
    case Kind::kDict:
      return append_entries(out, value.dict(), depth);
    case Kind::kRange:
      return append_range(out, value.object<Range>());
    case Kind::kDictView:
      (out += type_name(value)) += "([";
      append_items(out, to_items(value), depth);
      out += "])";
      return;
    case Kind::kNamespace:
      out += "<Namespace ";
      append_entries(out, value.object<Namespace>().attributes, depth);
      out += '>';
      return;
    case Kind::kLoop: {
      Loop& loop = value.object<Loop>();
      out += fmt::format("<LoopContext {}/{}>", loop.attribute("index")->integer(), loop.length());
      return;
    }
    case Kind::kMacro:
      return append_macro(out, value.object<Macro>());
    default:
      throw EvaluationError(fmt::format("a {} has no text", type_name(value)));
  }
}

bool equal_at(const Value& a, const Value& b, int depth);

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b, int depth) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const Value& x, const Value& y) { return equal_at(x, y, depth + 1); });
}

bool equal_dicts(const Dict& a, const Dict& b, int depth) {
  if (a.entries.size() != b.entries.size()) return false;
  return std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
    const Value* other = b.find(entry.first);
    return other && equal_at(entry.second, *other, depth + 1);
  });
}

bool equal_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return a.integer() == b.integer();
  if (a.is(Kind::kFloat) && b.is(Kind::kFloat)) return a.number() == b.number();
  // int == float compares exactly, without rounding the int.
  const double real = a.is(Kind::kFloat) ? a.number() : b.number();
  const std::int64_t whole = a.is(Kind::kFloat) ? b.integer() : a.integer();
  return real >= -0x1p63 && real < 0x1p63 && std::trunc(real) == real && static_cast<std::int64_t>(real) == whole;
}

bool equal_at(const Value& a, const Value& b, int depth) {
  check_depth(depth);
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kString:
      return a.string() == b.string();
    case Kind::kList:
    case Kind::kTuple:
      return equal_items(a.items(), b.items(), depth);
    case Kind::kDict:
      return equal_dicts(a.dict(), b.dict(), depth);
    case Kind::kRange:
      return a.object<Range>() == b.object<Range>();
    case Kind::kDictView:
      return equal_items(to_items(a), to_items(b), depth);
    case Kind::kGenerator:
      return &a.object<Generator>() == &b.object<Generator>();
    case Kind::kNamespace:
      return &a.object<Namespace>() == &b.object<Namespace>();
    case Kind::kLoop:
      return &a.object<Loop>() == &b.object<Loop>();
    case Kind::kMethod:
      return &a.object<Method>() == &b.object<Method>();
    case Kind::kFunction:
      return a.get<const Function*>() == b.get<const Function*>();
    case Kind::kMacro:
      return &a.object<Macro>() == &b.object<Macro>();
    default:
      return false;
  }
}

template <class T>
bool ordered_values(Order order, const T& a, const T& b) {
  switch (order) {
    case Order::kLess:
      return a < b;
    case Order::kLessEqual:
      return a <= b;
    case Order::kGreater:
      return a > b;
    case Order::kGreaterEqual:
      return a >= b;
  }
  return false;
}

bool ordered_sequences(Order order, const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (!equal(a[i], b[i])) return ordered(order, a[i], b[i]);
  return ordered_values(order, a.size(), b.size());
}

std::string_view sign_of(Order order) {
  constexpr std::string_view kSigns[] = {"<", "<=", ">", ">="};
  return kSigns[static_cast<int>(order)];
}

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

/// `index` counted from the end where it is negative; nothing where it is out of range.
std::optional<std::size_t> resolve_index(std::int64_t index, std::int64_t size) {
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<std::size_t>(index);
}

std::optional<Value> character(const Text& text, std::int64_t index) {
  const bool ascii = is_ascii(text.view);
  const auto size = ascii ? static_cast<std::int64_t>(text.view.size()) : count_code_points(text.view);
  const auto place = resolve_index(index, size);
  if (!place) return std::nullopt;
  const auto at = static_cast<std::int64_t>(*place);
  return Value(Text{ascii ? text.view.substr(*place, 1) : substring(text.view, at, at + 1), text.owner});
}

/// object[key]; nothing where Python raises LookupError or TypeError.
std::optional<Value> try_item(const Value& object, const Value& key) {
  if (object.is(Kind::kDict)) {
    const Value* found = object.dict().find(key);
    return found ? std::optional(*found) : std::nullopt;
  }
  if (!key.is_integral()) return std::nullopt;
  if (object.is_string()) return character(object.get<Text>(), key.integer());
  if (object.is_list_or_tuple()) {
    const auto place = resolve_index(key.integer(), static_cast<std::int64_t>(object.items().size()));
    return place ? std::optional(object.items()[*place]) : std::nullopt;
  }
  if (object.is(Kind::kRange)) {
    const Range& range = object.object<Range>();
    const auto place = resolve_index(key.integer(), range.size());
    if (place) return Value(range.start + range.step * static_cast<std::int64_t>(*place));
  }
  return std::nullopt;
}

std::optional<Value> macro_attribute(const Macro& macro, std::string_view name) {
  if (name == "name") return macro.name.empty() ? Value::none() : Value::borrowed(macro.name);
  if (name == "catch_kwargs") return Value(macro.takes_named);
  if (name == "catch_varargs") return Value(macro.takes_rest);
  if (name == "caller") return Value(macro.takes_caller);
  if (name != "arguments") return std::nullopt;
  std::vector<Value> names;
  for (const std::string_view parameter : macro.parameters) names.push_back(Value::borrowed(parameter));
  return Value::tuple(std::move(names));
}

std::optional<Value> try_attribute(const Value& object, std::string_view name) {
  if (object.is(Kind::kLoop)) {
    if (auto found = object.object<Loop>().attribute(name)) return found;
  }
  if (object.is(Kind::kNamespace)) {
    const Value* found = object.object<Namespace>().attributes.find(name);
    return found ? std::optional(*found) : std::nullopt;
  }
  if (object.is(Kind::kMacro)) return macro_attribute(object.object<Macro>(), name);
  if (object.is(Kind::kRange)) {
    const Range& range = object.object<Range>();
    if (name == "start") return Value(range.start);
    if (name == "stop") return Value(range.stop);
    if (name == "step") return Value(range.step);
  }
  if (object.is(Kind::kTuple) && object.object<Sequence>().is_group && (name == "grouper" || name == "list"))
    return object.items()[name == "grouper" ? 0 : 1];
  if (has_method(object, name)) return Value(std::make_shared<Method>(Method{object, std::string(name)}));
  return std::nullopt;
}

Value missing(const Value& object, std::string_view name) {
  return Value::undefined(fmt::format("'{}' object has no attribute or item '{}'", type_name(object), name));
}

std::int64_t bound(const Value& value, std::int64_t absent) {
  if (value.is(Kind::kNone)) return absent;
  if (!value.is_integral())
    throw EvaluationError(fmt::format("slice bounds are integers or None, found '{}'", type_name(value)));
  return value.integer();
}

struct Steps {
  std::int64_t start, stop, step;
};

/// slice.indices(size).
Steps resolve_slice(const SliceBounds& bounds, std::int64_t size) {
  const std::int64_t step = bound(bounds.step, 1);
  if (step == 0) throw EvaluationError("slice step cannot be zero");
  const std::int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? size - 1 : size;
  const auto clamp = [&](std::int64_t index) { return std::clamp(index < 0 ? index + size : index, lowest, highest); };
  const bool no_start = bounds.start.is(Kind::kNone), no_stop = bounds.stop.is(Kind::kNone);
  return {no_start ? (step < 0 ? highest : lowest) : clamp(bound(bounds.start, 0)),
          no_stop ? (step < 0 ? lowest : highest) : clamp(bound(bounds.stop, 0)), step};
}

Value slice_text(const Text& text, const SliceBounds& bounds) {
  const Steps steps = resolve_slice(bounds, count_code_points(text.view));
  if (steps.step == 1)
    return Value(Text{substring(text.view, steps.start, std::max(steps.start, steps.stop)), text.owner});
  std::string out;
  for (std::int64_t i = steps.start; steps.step > 0 ? i < steps.stop : i > steps.stop; i += steps.step)
    out += substring(text.view, i, i + 1);
  return Value::text(std::move(out));
}

Value slice_range(const Range& range, const SliceBounds& bounds) {
  const Steps steps = resolve_slice(bounds, range.size());
  return Value(
      Range{range.start + range.step * steps.start, range.start + range.step * steps.stop, range.step * steps.step});
}

}  // namespace

void raise_undefined(const Value& value) { throw EvaluationError(value.get<Undefined>().why()); }

void append_text(std::string& out, const Value& value) {
  if (value.is_string())
    out += value.string();
  else if (!value.is_undefined())
    append_repr(out, value, 0);
}

void append_repr(std::string& out, const Value& value) { append_repr(out, value, 0); }

Value to_text(const Value& value) {
  if (value.is_string()) return value;
  std::string out;
  append_text(out, value);
  return Value::text(std::move(out));
}

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
      return value.get<bool>();
    case Kind::kInt:
      return value.get<std::int64_t>() != 0;
    case Kind::kFloat:
      return value.get<double>() != 0;
    case Kind::kString:
      return !value.string().empty();
    case Kind::kList:
    case Kind::kTuple:
      return !value.items().empty();
    case Kind::kDict:
      return !value.dict().entries.empty();
    case Kind::kRange:
      return value.object<Range>().size() != 0;
    case Kind::kDictView:
      return !value.dict().entries.empty();
    default:
      return true;
  }
}

bool equal(const Value& a, const Value& b) { return equal_at(a, b, 0); }

bool ordered(Order order, const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return ordered_values(order, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return ordered_values(order, a.number(), b.number());
  if (a.is_string() && b.is_string()) return ordered_values(order, a.string(), b.string());
  if (a.is_list_or_tuple() && a.kind() == b.kind()) return ordered_sequences(order, a.items(), b.items());
  raise_operands(sign_of(order), a, b);
}

bool contains(const Value& container, const Value& wanted) {
  if (container.is_string()) {
    if (!wanted.is_string())
      throw EvaluationError(fmt::format("'in <string>' requires a string on its left, not {}", type_name(wanted)));
    return container.string().find(wanted.string()) != std::string_view::npos;
  }
  if (container.is(Kind::kDict)) {
    check_hashable(wanted);
    return container.dict().find(wanted) != nullptr;
  }
  if (container.is(Kind::kDictView) && type_name(container) == "dict_keys") check_hashable(wanted);
  Iterator iterator(container);
  while (const auto found = iterator.next())
    if (equal(*found, wanted)) return true;
  return false;
}

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

std::int64_t length(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      return count_code_points(value.string());
    case Kind::kList:
    case Kind::kTuple:
      return static_cast<std::int64_t>(value.items().size());
    case Kind::kDict:
      return static_cast<std::int64_t>(value.dict().entries.size());
    case Kind::kRange:
      return value.object<Range>().size();
    case Kind::kDictView:
      return static_cast<std::int64_t>(value.dict().entries.size());
    case Kind::kLoop:
      return value.object<Loop>().length();
    default:
      throw EvaluationError(fmt::format("a value of type '{}' has no length", type_name(value)));
  }
}

void check_hashable(const Value& value) {
  const bool is_view = value.is(Kind::kDictView) && type_name(value) != "dict_values";
  if (value.is(Kind::kList) || value.is(Kind::kDict) || is_view)
    throw EvaluationError(fmt::format("unhashable type: '{}'", type_name(value)));
  if (value.is(Kind::kTuple))
    for (const Value& part : value.items()) check_hashable(part);
}

Value item(const Value& object, const Value& key) {
  if (object.is_undefined()) raise_undefined(object);
  if (auto found = try_item(object, key)) return *found;
  if (!key.is_string()) {
    std::string text;
    append_repr(text, key);
    return missing(object, text);
  }
  if (auto found = try_attribute(object, key.string())) return *found;
  return missing(object, key.string());
}

Value attribute(const Value& object, std::string_view name) {
  if (object.is_undefined()) raise_undefined(object);
  if (auto found = try_attribute(object, name)) return *found;
  if (object.is(Kind::kDict))
    if (const Value* found = object.dict().find(name)) return *found;
  return missing(object, name);
}

Value slice(const Value& object, const SliceBounds& bounds) {
  if (object.is_undefined()) raise_undefined(object);
  if (object.is_string()) return slice_text(object.get<Text>(), bounds);
  if (object.is(Kind::kRange)) return slice_range(object.object<Range>(), bounds);
  if (!object.is_list_or_tuple())
    throw EvaluationError(fmt::format("a value of type '{}' cannot be sliced", type_name(object)));
  const auto& items = object.items();
  const Steps steps = resolve_slice(bounds, static_cast<std::int64_t>(items.size()));
  std::vector<Value> chosen;
  for (std::int64_t i = steps.start; steps.step > 0 ? i < steps.stop : i > steps.stop; i += steps.step)
    chosen.push_back(items[static_cast<std::size_t>(i)]);
  return object.is(Kind::kList) ? Value::list(std::move(chosen)) : Value::tuple(std::move(chosen));
}

}  // namespace jinja
