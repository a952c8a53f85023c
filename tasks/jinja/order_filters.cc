// Filters that compare items: sorting, grouping, extremes, sums. Text compares without case unless asked.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/jinja/attribute_path.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"
#include "tasks/jinja/sorting.h"

namespace jinja {
namespace {

/// What an item is compared by: itself or an attribute, in lower case where case does not count.
struct Key {
  std::vector<Value> path;
  bool case_sensitive = false;
  std::optional<Value> absent;

  Value real(const Value& value) const { return follow(path, value, absent ? &*absent : nullptr); }
  Value of(const Value& value) const { return case_sensitive ? real(value) : ignore_case(real(value)); }
};

Key key_by(const Value* attribute, const Value* case_sensitive) {
  return {attribute ? attribute_path(*attribute) : std::vector<Value>(), is_set(case_sensitive), std::nullopt};
}

/// Python's sorted takes an int here.
Direction direction_of(const Value* reverse) {
  return reverse && integer_argument("reverse", *reverse) != 0 ? Direction::kDescending : Direction::kAscending;
}

Value items_of(std::vector<std::pair<Value, Value>>&& keyed) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (auto& [key, one] : keyed) items.push_back(std::move(one));
  return Value::list(std::move(items));
}

Value filter_unique(Draws&, const Value& value, const Arguments& given) {
  given.check("unique", 0, 2, {"case_sensitive", "attribute"});
  auto iterator = std::make_shared<Iterator>(value);
  auto seen = std::make_shared<std::vector<Value>>();
  return Value::generator(
      [iterator, seen,
       by = key_by(given.find(1, "attribute"), given.find(0, "case_sensitive"))]() -> std::optional<Value> {
        while (auto next = iterator->next()) {
          const Value key = by.of(*next);
          check_hashable(key);
          if (std::any_of(seen->begin(), seen->end(), [&](const Value& old) { return equal(old, key); })) continue;
          seen->push_back(key);
          return next;
        }
        return std::nullopt;
      });
}

template <Order order>
Value filter_extreme(Draws&, const Value& value, const Arguments& given) {
  given.check("min and max", 0, 2, {"case_sensitive", "attribute"});
  const Key by = key_by(given.find(1, "attribute"), given.find(0, "case_sensitive"));
  Iterator iterator(value);
  auto best = iterator.next();
  if (!best) return Value::undefined("there is no aggregated item, the sequence was empty");
  Value best_key = by.of(*best);
  while (auto next = iterator.next()) {
    Value key = by.of(*next);
    if (!ordered(order, key, best_key)) continue;
    best = std::move(next);
    best_key = std::move(key);
  }
  return *best;
}

/// Several attributes, parted by commas, compare in turn.
std::vector<Key> sort_keys(const Value* attribute, const Value* case_sensitive) {
  if (!attribute || !attribute->is_string()) return {key_by(attribute, case_sensitive)};
  std::vector<Key> keys;
  for (const auto part : split(attribute->string(), ",", -1)) {
    const Value one = Value::borrowed(part);
    keys.push_back(key_by(&one, case_sensitive));
  }
  return keys;
}

Value filter_sort(Draws&, const Value& value, const Arguments& given) {
  given.check("sort", 0, 3, {"reverse", "case_sensitive", "attribute"});
  const auto keys = sort_keys(given.find(2, "attribute"), given.find(1, "case_sensitive"));
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& one : to_items(value)) {
    std::vector<Value> parts;
    for (const Key& key : keys) parts.push_back(key.of(one));
    keyed.emplace_back(Value::list(std::move(parts)), std::move(one));
  }
  sort_by_key(keyed, direction_of(given.find(0, "reverse")));
  return items_of(std::move(keyed));
}

Value filter_dictsort(Draws&, const Value& value, const Arguments& given) {
  given.check("dictsort", 0, 3, {"case_sensitive", "by", "reverse"});
  const Value* by = given.find(1, "by");
  const bool by_key = !by || equal(*by, Value::borrowed("key"));
  if (!by_key && !equal(*by, Value::borrowed("value"))) throw EvaluationError("dictsort: sorts by 'key' or by 'value'");
  if (!value.is(Kind::kDict)) throw EvaluationError(fmt::format("dictsort: a '{}' is no dict", type_name(value)));
  const Key compared = key_by(nullptr, given.find(0, "case_sensitive"));
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& [key, one] : value.dict().entries)
    keyed.emplace_back(compared.of(by_key ? key : one), Value::tuple({key, one}));
  sort_by_key(keyed, direction_of(given.find(2, "reverse")));
  return items_of(std::move(keyed));
}

Value group_of(Value grouper, std::vector<Value> items) {
  auto sequence = std::make_shared<Sequence>();
  sequence->items = {std::move(grouper), Value::list(std::move(items))};
  sequence->is_group = true;
  return Value(TupleRef{std::move(sequence)});
}

Value filter_groupby(Draws&, const Value& value, const Arguments& given) {
  given.check("groupby", 1, 3, {"attribute", "default", "case_sensitive"});
  const Value *attribute = given.find(0, "attribute"), *absent = given.find(1, "default");
  if (!attribute) throw EvaluationError("groupby takes an attribute");
  Key by = key_by(attribute, given.find(2, "case_sensitive"));
  if (absent && !absent->is(Kind::kNone)) by.absent = *absent;
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& one : to_items(value)) {
    Value key = by.of(one);
    keyed.emplace_back(std::move(key), std::move(one));
  }
  sort_by_key(keyed, Direction::kAscending);
  std::vector<Value> groups, members;
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    members.push_back(keyed[i].second);
    if (i + 1 < keyed.size() && equal(keyed[i].first, keyed[i + 1].first)) continue;
    const Value grouper = by.real(members.front());
    groups.push_back(group_of(grouper, std::exchange(members, {})));
  }
  return Value::list(std::move(groups));
}

Value filter_sum(Draws&, const Value& value, const Arguments& given) {
  given.check("sum", 0, 2, {"attribute", "start"});
  const Value *by = given.find(0, "attribute"), *start = given.find(1, "start");
  const auto path = by ? attribute_path(*by) : std::vector<Value>();
  Value total = start ? *start : Value(0);
  if (total.is_string()) throw EvaluationError("sum: texts are not summed; use join");
  Iterator iterator(value);
  while (auto next = iterator.next()) total = calculate(Arithmetic::kAdd, total, follow(path, std::move(*next)));
  return total;
}

/// PromptSource's own.
Value filter_most_frequent(Draws&, const Value& value, const Arguments& given) {
  given.check("most_frequent", 0, 0);
  if (!truth(value)) return Value::none();
  std::vector<std::pair<Value, std::int64_t>> counts;
  std::int64_t most = 0;
  Iterator iterator(value);
  while (auto next = iterator.next()) {
    check_hashable(*next);
    auto known =
        std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return equal(count.first, *next); });
    if (known == counts.end()) known = counts.insert(counts.end(), {std::move(*next), 0});
    most = std::max(most, ++known->second);
  }
  if (counts.empty()) throw EvaluationError("most_frequent: list index out of range");
  std::vector<Value> items;
  for (auto& [one, count] : counts)
    if (count == most) items.push_back(std::move(one));
  return Value::list(std::move(items));
}

constexpr auto kFilters = std::to_array<FilterEntry>({
    {"dictsort", filter_dictsort},
    {"groupby", filter_groupby},
    {"max", filter_extreme<Order::kGreater>},
    {"min", filter_extreme<Order::kLess>},
    {"most_frequent", filter_most_frequent},
    {"sort", filter_sort},
    {"sum", filter_sum},
    {"unique", filter_unique},
});

}  // namespace

std::span<const FilterEntry> order_filters() { return kFilters; }

}  // namespace jinja
