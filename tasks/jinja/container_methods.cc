// Methods of list, tuple, range and dict.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/jinja/error.h"
#include "tasks/jinja/method_table.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/sorting.h"

namespace jinja {
namespace {

// list.

/// A list in itself would never be freed, and no template can print it.
void check_not_self(const Value& self, const Value& added) {
  if (added.is(Kind::kList) && &added.items() == &self.items())
    throw EvaluationError("append: a list cannot hold itself");
}

Value list_append(const Value& self, const Arguments& given) {
  given.check("append", 1, 1);
  check_not_self(self, given.positional.at(0));
  self.items().push_back(given.positional[0]);
  return Value::none();
}

Value list_extend(const Value& self, const Arguments& given) {
  given.check("extend", 1, 1);
  for (Value& more : to_items(given.positional.at(0))) self.items().push_back(std::move(more));
  return Value::none();
}

/// A place counted from the end where it is negative, moved into the bounds.
std::int64_t clamped(std::int64_t place, std::size_t length) {
  const auto size = static_cast<std::int64_t>(length);
  return std::clamp<std::int64_t>(place < 0 ? place + size : place, 0, size);
}

Value list_insert(const Value& self, const Arguments& given) {
  given.check("insert", 2, 2);
  check_not_self(self, given.positional.at(1));
  auto& items = self.items();
  items.insert(items.begin() + clamped(integer_argument("insert", given.positional.at(0)), items.size()),
               given.positional.at(1));
  return Value::none();
}

Value list_pop(const Value& self, const Arguments& given) {
  given.check("pop", 0, 1);
  auto& items = self.items();
  std::int64_t place = given.positional.empty() ? -1 : integer_argument("pop", given.positional[0]);
  if (items.empty()) throw EvaluationError("pop from empty list");
  const auto size = static_cast<std::int64_t>(items.size());
  if (place < 0) place += size;
  if (place < 0 || place >= size) throw EvaluationError("pop index out of range");
  Value taken = items[static_cast<std::size_t>(place)];
  items.erase(items.begin() + place);
  return taken;
}

Value list_index(const Value& self, const Arguments& given) {
  given.check("index", 1, 3);
  const auto& items = self.items();
  std::int64_t start = 0, stop = static_cast<std::int64_t>(items.size());
  if (given.positional.size() > 1) start = clamped(integer_argument("index", given.positional[1]), items.size());
  if (given.positional.size() > 2) stop = clamped(integer_argument("index", given.positional[2]), items.size());
  for (std::int64_t i = start; i < stop; ++i)
    if (equal(items[static_cast<std::size_t>(i)], given.positional.at(0))) return Value(i);
  std::string text;
  append_repr(text, given.positional.at(0));
  throw EvaluationError(fmt::format("index: {} is not in the list", text));
}

Value list_count(const Value& self, const Arguments& given) {
  given.check("count", 1, 1);
  const Value& wanted = given.positional.at(0);
  return Value(static_cast<std::int64_t>(std::count_if(self.items().begin(), self.items().end(),
                                                       [&](const Value& value) { return equal(value, wanted); })));
}

Value list_remove(const Value& self, const Arguments& given) {
  given.check("remove", 1, 1);
  auto& items = self.items();
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const Value& value) { return equal(value, given.positional.at(0)); });
  if (found == items.end()) throw EvaluationError("remove: the value is not in the list");
  items.erase(found);
  return Value::none();
}

Value list_reverse(const Value& self, const Arguments& given) {
  given.check("reverse", 0, 0);
  std::reverse(self.items().begin(), self.items().end());
  return Value::none();
}

Value list_sort(const Value& self, const Arguments& given) {
  given.check("sort", 0, 2, {"key", "reverse"});
  if (!given.positional.empty()) throw EvaluationError("sort takes its arguments by name: reverse=true");
  const Value *key = given.find(0, "key"), *reverse = given.find(1, "reverse");
  if (key && !key->is(Kind::kNone))
    throw EvaluationError("sort: a key is not supported here; use the filter sort(attribute=…)");
  const bool downwards = reverse && integer_argument("sort", *reverse) != 0;
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& one : self.items()) keyed.emplace_back(one, one);
  sort_by_key(keyed, downwards ? Direction::kDescending : Direction::kAscending);
  for (std::size_t i = 0; i < keyed.size(); ++i) self.items()[i] = std::move(keyed[i].second);
  return Value::none();
}

Value list_clear(const Value& self, const Arguments& given) {
  given.check("clear", 0, 0);
  self.items().clear();
  return Value::none();
}
Value list_copy(const Value& self, const Arguments& given) {
  given.check("copy", 0, 0);
  return Value::list(self.items());
}

constexpr auto kListMethods = std::to_array<MethodEntry>({
    {"append", list_append},
    {"extend", list_extend},
    {"insert", list_insert},
    {"pop", list_pop},
    {"index", list_index},
    {"count", list_count},
    {"remove", list_remove},
    {"reverse", list_reverse},
    {"sort", list_sort},
    {"clear", list_clear},
    {"copy", list_copy},
});
constexpr auto kTupleMethods = std::to_array<MethodEntry>({{"index", list_index}, {"count", list_count}});

// range.

Value range_index(const Value& self, const Arguments& given) {
  given.check("index", 1, 1);
  const std::vector<Value> items = to_items(self);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (equal(items[i], given.positional.at(0))) return Value(static_cast<std::int64_t>(i));
  throw EvaluationError("index: the value is not in the range");
}
Value range_count(const Value& self, const Arguments& given) {
  given.check("count", 1, 1);
  return Value(contains(self, given.positional.at(0)) ? 1 : 0);
}
constexpr auto kRangeMethods = std::to_array<MethodEntry>({{"index", range_index}, {"count", range_count}});

// dict.

template <DictView::Part part>
Value dict_view(const Value& self, const Arguments& given) {
  given.check("a view of a dict", 0, 0);
  return Value(DictView{part, self.get<std::shared_ptr<Dict>>()});
}

Value dict_get(const Value& self, const Arguments& given) {
  given.check("get", 1, 2);
  check_hashable(given.positional.at(0));
  if (const Value* found = self.dict().find(given.positional[0])) return *found;
  return given.positional.size() > 1 ? given.positional[1] : Value::none();
}

Value dict_update(const Value& self, const Arguments& given) {
  update_dict(self.dict(), given);
  return Value::none();
}

Value dict_pop(const Value& self, const Arguments& given) {
  given.check("pop", 1, 2);
  auto& entries = self.dict().entries;
  if (!entries.empty()) check_hashable(given.positional.at(0));
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return equal(entry.first, given.positional[0]); });
  if (found == entries.end()) {
    if (given.positional.size() > 1) return given.positional[1];
    throw EvaluationError("pop: the key is not in the dict");
  }
  Value taken = std::move(found->second);
  entries.erase(found);
  return taken;
}

Value dict_popitem(const Value& self, const Arguments& given) {
  given.check("popitem", 0, 0);
  auto& entries = self.dict().entries;
  if (entries.empty()) throw EvaluationError("popitem: the dict is empty");
  Value taken = Value::tuple({entries.back().first, entries.back().second});
  entries.pop_back();
  return taken;
}

Value dict_setdefault(const Value& self, const Arguments& given) {
  given.check("setdefault", 1, 2);
  check_hashable(given.positional.at(0));
  if (const Value* found = self.dict().find(given.positional[0])) return *found;
  Value value = given.positional.size() > 1 ? given.positional[1] : Value::none();
  self.dict().set(given.positional[0], value);
  return value;
}

Value dict_fromkeys(const Value&, const Arguments& given) {
  given.check("fromkeys", 1, 2);
  const Value value = given.positional.size() > 1 ? given.positional[1] : Value::none();
  auto dict = std::make_shared<Dict>();
  for (const Value& key : to_items(given.positional.at(0))) dict->set(key, value);
  return Value(std::move(dict));
}

Value dict_clear(const Value& self, const Arguments& given) {
  given.check("clear", 0, 0);
  self.dict().entries.clear();
  return Value::none();
}
Value dict_copy(const Value& self, const Arguments& given) {
  given.check("copy", 0, 0);
  return Value(std::make_shared<Dict>(self.dict()));
}

constexpr auto kDictMethods = std::to_array<MethodEntry>({
    {"items", dict_view<DictView::Part::kItems>},
    {"keys", dict_view<DictView::Part::kKeys>},
    {"values", dict_view<DictView::Part::kValues>},
    {"get", dict_get},
    {"update", dict_update},
    {"pop", dict_pop},
    {"popitem", dict_popitem},
    {"setdefault", dict_setdefault},
    {"fromkeys", dict_fromkeys},
    {"clear", dict_clear},
    {"copy", dict_copy},
});

}  // namespace

std::span<const MethodEntry> list_methods() { return kListMethods; }
std::span<const MethodEntry> tuple_methods() { return kTupleMethods; }
std::span<const MethodEntry> range_methods() { return kRangeMethods; }
std::span<const MethodEntry> dict_methods() { return kDictMethods; }

}  // namespace jinja
