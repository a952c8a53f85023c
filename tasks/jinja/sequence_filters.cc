// Filters of sequences: what they hold, cut and chosen. Those that jinja2 writes as generators are lazy here, too.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/jinja/attribute_path.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/methods.h"
#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

/// A generator of items that are there.
Value generator_of(std::vector<Value> items) {
  return Value::generator([items = std::move(items), next = std::size_t{0}]() mutable -> std::optional<Value> {
    if (next == items.size()) return std::nullopt;
    return items[next++];
  });
}

Value filter_join(Draws&, const Value& value, const Arguments& given) {
  given.check("join", 0, 2, {"d", "attribute"});
  const Value *separator_given = given.find(0, "d"), *by = given.find(1, "attribute");
  const std::string separator = separator_given ? text_of(*separator_given) : std::string();
  const std::vector<Value> path = by ? attribute_path(*by) : std::vector<Value>();
  std::string out;
  Iterator iterator(value);
  for (bool first = true; auto part = iterator.next(); first = false) {
    if (!first) out += separator;
    append_text(out, follow(path, std::move(*part)));
  }
  return Value::text(std::move(out));
}

Value filter_length(Draws&, const Value& value, const Arguments& given) {
  given.check("length", 0, 0);
  return Value(length(value));
}

Value filter_default(Draws&, const Value& value, const Arguments& given) {
  given.check("default", 0, 2, {"default_value", "boolean"});
  const Value* replacement = given.find(0, "default_value");
  if (value.is_undefined() || (is_set(given.find(1, "boolean")) && !truth(value)))
    return replacement ? *replacement : Value::borrowed("");
  return value;
}

Value filter_list(Draws&, const Value& value, const Arguments& given) {
  given.check("list", 0, 0);
  return Value::list(to_items(value));
}

Value filter_items(Draws&, const Value& value, const Arguments& given) {
  given.check("items", 0, 0);
  if (value.is_undefined()) return generator_of({});
  return Value::generator([value, iterator = std::optional<Iterator>()]() mutable {
    if (!value.is(Kind::kDict)) throw EvaluationError("items: can only get item pairs from a mapping");
    if (!iterator) iterator.emplace(Value(DictView{DictView::Part::kItems, value.get<std::shared_ptr<Dict>>()}));
    return iterator->next();
  });
}

Value filter_first(Draws&, const Value& value, const Arguments& given) {
  given.check("first", 0, 0);
  auto first = Iterator(value).next();
  return first ? *first : Value::undefined("there is no first item, the sequence was empty");
}

bool is_reversible(const Value& value) { return !value.is(Kind::kGenerator) && !value.is(Kind::kLoop); }

/// Python's reversed() takes sequences and dicts.
std::vector<Value> reversed(const Value& value) {
  auto items = to_items(value);
  std::reverse(items.begin(), items.end());
  return items;
}

Value filter_last(Draws&, const Value& value, const Arguments& given) {
  given.check("last", 0, 0);
  if (!is_reversible(value))
    throw EvaluationError(fmt::format("last: a '{}' has no end to begin at", type_name(value)));
  const auto items = reversed(value);
  return items.empty() ? Value::undefined("there is no last item, the sequence was empty") : items.front();
}

Value filter_reverse(Draws&, const Value& value, const Arguments& given) {
  given.check("reverse", 0, 0);
  if (!value.is_string()) return is_reversible(value) ? generator_of(reversed(value)) : Value::list(reversed(value));
  std::string text;
  for (const Value& character : reversed(value)) text += character.string();
  return Value::text(std::move(text));
}

Value draw_from(std::string_view callee, Draws& draws, const Value& value) {
  const std::int64_t n = length(value);
  if (n == 0) return Value::undefined("there is no random item, the sequence was empty");
  const bool indexed = value.is_list_or_tuple() || value.is_string() || value.is(Kind::kRange) || value.is(Kind::kDict);
  if (!indexed) throw EvaluationError(fmt::format("{}: '{}' object is not subscriptable", callee, type_name(value)));
  const auto place = static_cast<std::int64_t>(draws.below(static_cast<std::size_t>(n)));
  if (value.is(Kind::kDict) && !value.dict().find(Value(place)))
    throw EvaluationError(fmt::format("{}: a dict has no key {}", callee, place));
  return item(value, Value(place));
}

Value filter_random(Draws& draws, const Value& value, const Arguments& given) {
  given.check("random", 0, 0);
  return draw_from("random", draws, value);
}

/// PromptSource's own.
Value filter_choice(Draws& draws, const Value& value, const Arguments& given) {
  given.check("choice", 0, 0);
  if (length(value) == 0) throw EvaluationError("choice: cannot choose from an empty sequence");
  return draw_from("choice", draws, value);
}

Value filter_attr(Draws&, const Value& value, const Arguments& given) {
  given.check("attr", 1, 1, {"name"});
  const std::string_view name = string_argument("attr", *given.find(0, "name"));
  // A dict has its methods; its items are no attributes.
  if (value.is(Kind::kDict) && !has_method(value, name))
    return Value::undefined(fmt::format("no attribute '{}'", name));
  return attribute(value, name);
}

Value filter_batch(Draws&, const Value& value, const Arguments& given) {
  given.check("batch", 1, 2, {"linecount", "fill_with"});
  const Value *count = given.find(0, "linecount"), *fill = given.find(1, "fill_with");
  if (!count) throw EvaluationError("batch takes 'linecount'");
  std::vector<Value> lines, line;
  const auto line_size = [&] { return Value(static_cast<std::int64_t>(line.size())); };
  for (Value& one : to_items(value)) {
    if (equal(line_size(), *count)) lines.push_back(Value::list(std::exchange(line, {})));
    line.push_back(std::move(one));
  }
  if (!line.empty()) {
    if (fill && !fill->is(Kind::kNone) && ordered(Order::kLess, line_size(), *count))
      line.resize(static_cast<std::size_t>(integer_argument("batch", *count)), *fill);
    lines.push_back(Value::list(std::move(line)));
  }
  return generator_of(std::move(lines));
}

Value filter_slice(Draws&, const Value& value, const Arguments& given) {
  given.check("slice", 1, 2, {"slices", "fill_with"});
  const Value *slices_given = given.find(0, "slices"), *fill = given.find(1, "fill_with");
  if (!slices_given) throw EvaluationError("slice takes 'slices'");
  const std::vector<Value> items = to_items(value);
  const std::int64_t slices = integer_argument("slice", *slices_given), size = static_cast<std::int64_t>(items.size());
  if (slices == 0) throw EvaluationError("slice: into 0 slices");
  if (slices < 0) return generator_of({});
  std::vector<Value> columns;
  for (std::int64_t i = 0, start = 0; i < slices; ++i) {
    const bool longer = i < size % slices;
    const std::int64_t end = start + size / slices + (longer ? 1 : 0);
    std::vector<Value> column(items.begin() + start, items.begin() + end);
    if (fill && !fill->is(Kind::kNone) && !longer) column.push_back(*fill);
    columns.push_back(Value::list(std::move(column)));
    start = end;
  }
  return generator_of(std::move(columns));
}

/// What `map` and `select` do with one item: a filter or test of a given name with the remaining arguments.
template <class Found>
std::pair<Found, Arguments> called_by_name(std::size_t at, const Arguments& given, Found (*find)(std::string_view),
                                           std::string (*complain)(std::string_view)) {
  const std::string_view name = string_argument("the name of a filter or test", given.positional.at(at));
  const Found found = find(name);
  if (!found) throw EvaluationError(complain(name));
  const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  return {found, Arguments{{rest, given.positional.end()}, given.named}};
}

Value filter_map(Draws& draws, const Value& value, const Arguments& given) {
  if (!truth(value)) return generator_of({});
  auto iterator = std::make_shared<Iterator>(value);
  if (given.positional.empty()) {
    given.check("map", 1, 2, {"attribute", "default"});
    const Value *by = given.find(0, "attribute"), *absent_given = given.find(1, "default");
    if (!by) throw EvaluationError("map takes a filter's name or an attribute");
    const bool has_default = absent_given && !absent_given->is(Kind::kNone);
    const auto absent = has_default ? std::make_shared<Value>(*absent_given) : nullptr;
    return Value::generator([iterator, path = attribute_path(*by), absent]() -> std::optional<Value> {
      auto next = iterator->next();
      return next ? std::optional(follow(path, std::move(*next), absent.get())) : std::nullopt;
    });
  }
  auto [filter, rest] = called_by_name<Filter>(0, given, find_filter, no_filter);
  return Value::generator([iterator, &draws, filter = filter, rest = rest]() -> std::optional<Value> {
    auto next = iterator->next();
    return next ? std::optional(filter(draws, *next, rest)) : std::nullopt;
  });
}

enum class Keep { kSelected, kRejected };
enum class By { kItem, kAttribute };

template <Keep keep, By by>
Value filter_select(Draws&, const Value& value, const Arguments& given) {
  if (!truth(value)) return generator_of({});
  constexpr std::size_t kName = by == By::kAttribute ? 1 : 0;
  if (by == By::kAttribute && given.positional.empty()) throw EvaluationError("missing parameter for attribute name");
  auto path = by == By::kAttribute ? attribute_path(given.positional[0]) : std::vector<Value>();
  std::pair<Test, Arguments> called{nullptr, {}};
  if (given.positional.size() > kName) called = called_by_name<Test>(kName, given, find_test, no_test);
  auto iterator = std::make_shared<Iterator>(value);
  return Value::generator([iterator, path = std::move(path), called = std::move(called)]() -> std::optional<Value> {
    while (auto next = iterator->next()) {
      const Value tested = follow(path, *next);
      const bool selected = called.first ? called.first(tested, called.second) : truth(tested);
      if (selected == (keep == Keep::kSelected)) return next;
    }
    return std::nullopt;
  });
}

constexpr auto kFilters = std::to_array<FilterEntry>({
    {"attr", filter_attr},
    {"batch", filter_batch},
    {"choice", filter_choice},
    {"count", filter_length},
    {"d", filter_default},
    {"default", filter_default},
    {"first", filter_first},
    {"items", filter_items},
    {"join", filter_join},
    {"last", filter_last},
    {"length", filter_length},
    {"list", filter_list},
    {"map", filter_map},
    {"random", filter_random},
    {"reject", filter_select<Keep::kRejected, By::kItem>},
    {"rejectattr", filter_select<Keep::kRejected, By::kAttribute>},
    {"reverse", filter_reverse},
    {"select", filter_select<Keep::kSelected, By::kItem>},
    {"selectattr", filter_select<Keep::kSelected, By::kAttribute>},
    {"slice", filter_slice},
});

}  // namespace

std::span<const FilterEntry> sequence_filters() { return kFilters; }

}  // namespace jinja
