// ==, <, in: Python's comparisons, which look into lists, tuples and dicts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/operand_errors.h"
#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

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

}  // namespace

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

}  // namespace jinja
