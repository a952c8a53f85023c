#include <fmt/format.h>

#include <array>

#include "harness/core/errors.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/filters.h"
#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

struct Entry {
  std::string_view name;
  Test test;
};

const Value& other(const Arguments& given, std::string_view name = "") {
  given.check("a comparing test", 1, 1, {name});
  return *given.find(0, name);
}

bool remainder_is(const Value& value, const Value& divisor, int wanted) {
  return equal(calculate(Arithmetic::kModulo, value, divisor), Value(wanted));
}

bool is_same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kList:
    case Kind::kTuple:
      return &a.items() == &b.items();
    case Kind::kDict:
      return &a.dict() == &b.dict();
    default:
      return equal(a, b);
  }
}

/// What has a length and items by key, Undefined included.
bool is_sequence(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kString:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kRange:
      return true;
    default:
      return false;
  }
}

bool is_iterable(const Value& value) {
  return is_sequence(value) || value.is(Kind::kDictView) || value.is(Kind::kGenerator) || value.is(Kind::kLoop);
}

/// A test of the value alone.
template <bool (*Wanted)(const Value&)>
bool alone(const Value& value, const Arguments& given) {
  given.check("this test", 0, 0);
  return Wanted(value);
}

template <bool (*Wanted)(std::string_view)>
bool has_case(const Value& value) {
  std::string text;
  append_text(text, value);
  return Wanted(text);
}

template <Kind kind>
bool is_kind(const Value& value) {
  return value.is(kind);
}
template <bool wanted>
bool is_bool(const Value& value) {
  return value.is(Kind::kBool) && value.get<bool>() == wanted;
}
template <int wanted>
bool halves(const Value& value) {
  return remainder_is(value, Value(2), wanted);
}
bool is_defined(const Value& value) { return !value.is_undefined(); }
bool is_number(const Value& value) { return value.is_number(); }
bool is_callable(const Value& value) {
  return value.is(Kind::kMethod) || value.is(Kind::kFunction) || value.is_undefined() || value.is(Kind::kLoop) ||
         value.is(Kind::kMacro);
}
bool is_escaped(const Value&) { return false; }

template <class Found, Found (*find)(std::string_view)>
bool is_name(const Value& value) {
  check_hashable(value);
  return value.is_string() && find(value.string());
}

template <Order order>
bool is_ordered(const Value& value, const Arguments& given) {
  return ordered(order, value, other(given));
}
bool is_equal(const Value& value, const Arguments& given) { return equal(value, other(given)); }
bool is_unequal(const Value& value, const Arguments& given) { return !equal(value, other(given)); }
bool is_divisible(const Value& value, const Arguments& given) { return remainder_is(value, other(given, "num"), 0); }
bool is_same_as(const Value& value, const Arguments& given) { return is_same(value, other(given, "other")); }
bool is_in(const Value& value, const Arguments& given) { return contains(other(given, "seq"), value); }

constexpr auto kTests = std::to_array<Entry>({
    {"odd", alone<halves<1>>},
    {"even", alone<halves<0>>},
    {"divisibleby", is_divisible},
    {"defined", alone<is_defined>},
    {"undefined", alone<is_kind<Kind::kUndefined>>},
    {"none", alone<is_kind<Kind::kNone>>},
    {"boolean", alone<is_kind<Kind::kBool>>},
    {"false", alone<is_bool<false>>},
    {"true", alone<is_bool<true>>},
    {"integer", alone<is_kind<Kind::kInt>>},
    {"float", alone<is_kind<Kind::kFloat>>},
    {"string", alone<is_kind<Kind::kString>>},
    {"mapping", alone<is_kind<Kind::kDict>>},
    {"number", alone<is_number>},
    {"sequence", alone<is_sequence>},
    {"iterable", alone<is_iterable>},
    {"callable", alone<is_callable>},
    {"lower", alone<has_case<is_lower_text>>},
    {"upper", alone<has_case<is_upper_text>>},
    {"sameas", is_same_as},
    {"escaped", alone<is_escaped>},
    {"in", is_in},
    {"filter", alone<is_name<Filter, find_filter>>},
    {"test", alone<is_name<Test, find_test>>},
    {"==", is_equal},
    {"eq", is_equal},
    {"equalto", is_equal},
    {"!=", is_unequal},
    {"ne", is_unequal},
    {">", is_ordered<Order::kGreater>},
    {"gt", is_ordered<Order::kGreater>},
    {"greaterthan", is_ordered<Order::kGreater>},
    {">=", is_ordered<Order::kGreaterEqual>},
    {"ge", is_ordered<Order::kGreaterEqual>},
    {"<", is_ordered<Order::kLess>},
    {"lt", is_ordered<Order::kLess>},
    {"lessthan", is_ordered<Order::kLess>},
    {"<=", is_ordered<Order::kLessEqual>},
    {"le", is_ordered<Order::kLessEqual>},
});

}  // namespace

Test find_test(std::string_view name) {
  for (const Entry& entry : kTests)
    if (entry.name == name) return entry.test;
  return nullptr;
}

std::string no_test(std::string_view name) {
  std::vector<std::string> names;
  for (const Entry& entry : kTests) names.emplace_back(entry.name);
  return fmt::format("no test is called '{}'{}", name, core::did_you_mean(name, names));
}

}  // namespace jinja
