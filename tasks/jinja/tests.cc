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

const Value& other(const Arguments& given) {
  given.check("a comparing test", 1, 1);
  if (given.positional.empty()) throw EvaluationError("a comparing test takes an unnamed argument");
  return given.positional[0];
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

bool is_sequence(const Value& value) {
  switch (value.kind()) {
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
  return is_sequence(value) || value.is_undefined() || value.is(Kind::kDictView) || value.is(Kind::kGenerator) ||
         value.is(Kind::kLoop);
}

template <bool (*Wanted)(std::string_view)>
bool has_case(const Value& value, const Arguments&) {
  std::string text;
  append_text(text, value);
  return Wanted(text);
}

template <Kind kind>
bool is_kind(const Value& value, const Arguments&) {
  return value.is(kind);
}
template <bool wanted>
bool is_bool(const Value& value, const Arguments&) {
  return value.is(Kind::kBool) && value.get<bool>() == wanted;
}
template <Order order>
bool is_ordered(const Value& value, const Arguments& given) {
  return ordered(order, value, other(given));
}

bool is_equal(const Value& value, const Arguments& given) { return equal(value, other(given)); }
bool is_unequal(const Value& value, const Arguments& given) { return !equal(value, other(given)); }
bool is_callable(const Value& value, const Arguments&) {
  return value.is(Kind::kMethod) || value.is(Kind::kFunction) || value.is_undefined() || value.is(Kind::kLoop) ||
         value.is(Kind::kMacro);
}

constexpr auto kTests = std::to_array<Entry>({
    {"odd", [](const Value& v, const Arguments&) { return remainder_is(v, Value(2), 1); }},
    {"even", [](const Value& v, const Arguments&) { return remainder_is(v, Value(2), 0); }},
    {"divisibleby", [](const Value& v, const Arguments& given) { return remainder_is(v, other(given), 0); }},
    {"defined", [](const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"undefined", is_kind<Kind::kUndefined>},
    {"none", is_kind<Kind::kNone>},
    {"boolean", is_kind<Kind::kBool>},
    {"false", is_bool<false>},
    {"true", is_bool<true>},
    {"integer", is_kind<Kind::kInt>},
    {"float", is_kind<Kind::kFloat>},
    {"string", is_kind<Kind::kString>},
    {"mapping", is_kind<Kind::kDict>},
    {"number", [](const Value& v, const Arguments&) { return v.is_number(); }},
    {"sequence", [](const Value& v, const Arguments&) { return is_sequence(v); }},
    {"iterable", [](const Value& v, const Arguments&) { return is_iterable(v); }},
    {"callable", is_callable},
    {"lower", has_case<is_lower_text>},
    {"upper", has_case<is_upper_text>},
    {"sameas", [](const Value& v, const Arguments& given) { return is_same(v, other(given)); }},
    {"escaped", [](const Value&, const Arguments&) { return false; }},
    {"in", [](const Value& v, const Arguments& given) { return contains(other(given), v); }},
    {"filter", [](const Value& v, const Arguments&) { return v.is_string() && find_filter(v.string()); }},
    {"test", [](const Value& v, const Arguments&) { return v.is_string() && find_test(v.string()); }},
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
