#include "tasks/jinja/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"
#include "tasks/jinja/string_format.h"

namespace jinja {

std::size_t Draws::below(std::size_t n) {
  if (!random_) random_.emplace(seed_());
  return static_cast<std::size_t>(random_->below(n));
}

namespace {

/// "a.0.b" in parts: names, and digits as integers (jinja2's _prepare_attribute_parts).
std::vector<Value> attribute_path(const Value& attribute) {
  if (attribute.is(Kind::kNone)) return {};
  if (!attribute.is_string()) return {attribute};
  std::vector<Value> parts;
  for (const auto part : split(attribute.string(), ".", -1)) {
    const bool digits =
        !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    parts.push_back(digits ? Value(*parse_integer(part)) : Value::text(std::string(part)));
  }
  return parts;
}

Value follow(const std::vector<Value>& path, Value value, const Value* absent = nullptr) {
  for (const Value& part : path) {
    value = item(value, part);
    if (absent && value.is_undefined()) value = *absent;
  }
  return value;
}

Value ignore_case(const Value& value) { return value.is_string() ? Value::text(lower(value.string())) : value; }

bool flag(const Value* value) { return value && truth(*value); }

std::string text_of(const Value& value) {
  std::string text;
  append_text(text, value);
  return text;
}

/// A filter of text alone: str(value) first, as jinja2's soft_str.
template <std::string (*Map)(std::string_view)>
Value text_filter(Draws&, const Value& value, const Arguments& given) {
  given.check("a text filter", 0, 0);
  const Value text = to_text(value);
  return Value::text(Map(text.string()));
}

Value filter_string(Draws&, const Value& value, const Arguments& given) {
  given.check("string", 0, 0);
  return to_text(value);
}

Value filter_trim(Draws&, const Value& value, const Arguments& given) {
  given.check("trim", 0, 1, {"chars"});
  const Value text = to_text(value);
  const Value* characters = given.find(0, "chars");
  const std::string_view kept = !characters || characters->is(Kind::kNone)
                                    ? strip(text.string(), Side::kBoth)
                                    : strip(text.string(), string_argument("trim", *characters), Side::kBoth);
  return text.part(kept);
}

Value filter_truncate(Draws&, const Value& value, const Arguments& given) {
  given.check("truncate", 0, 4, {"length", "killwords", "end", "leeway"});
  const Value *length_given = given.find(0, "length"), *end_given = given.find(2, "end"),
              *leeway_given = given.find(3, "leeway");
  const std::int64_t most = length_given ? integer_argument("truncate", *length_given) : 255;
  const std::string_view end = end_given ? string_argument("truncate", *end_given) : "...";
  const bool default_leeway = !leeway_given || leeway_given->is(Kind::kNone);
  const std::int64_t leeway = default_leeway ? 5 : integer_argument("truncate", *leeway_given);
  const std::int64_t kept = most - count_code_points(end);
  if (kept < 0 || leeway < 0)
    throw EvaluationError("truncate: the length is shorter than the end, or the leeway negative");
  if (!value.is_string()) {
    if (length(value) <= most + leeway) return value;
    throw EvaluationError(fmt::format("truncate: a '{}' is too long", type_name(value)));
  }
  const std::string_view text = value.string();
  if (static_cast<std::int64_t>(text.size()) <= most + leeway || count_code_points(text) <= most + leeway) return value;
  std::string_view head = substring(text, 0, kept);
  const std::size_t blank = head.rfind(' ');
  if (!flag(given.find(1, "killwords")) && blank != std::string_view::npos) head = head.substr(0, blank);
  return Value::text(std::string(head).append(end));
}

Value filter_replace(Draws&, const Value& value, const Arguments& given) {
  given.check("replace", 2, 3, {"old", "new", "count"});
  const Value *from = given.find(0, "old"), *to = given.find(1, "new"), *count = given.find(2, "count");
  if (!from || !to) throw EvaluationError("replace takes 'old' and 'new'");
  const std::int64_t most = count && !count->is(Kind::kNone) ? integer_argument("replace", *count) : -1;
  const Value text = to_text(value);
  return Value::text(replace(text.string(), text_of(*from), text_of(*to), most));
}

Value filter_format(Draws&, const Value& value, const Arguments& given) {
  if (!given.positional.empty() && !given.named.empty())
    throw EvaluationError("format takes either unnamed or named arguments");
  const Value text = to_text(value);
  if (given.named.empty()) return Value::text(format_percent(text.string(), Value::tuple(given.positional)));
  auto dict = std::make_shared<Dict>();
  for (const auto& [name, named] : given.named) dict->set(Value::text(std::string(name)), named);
  return Value::text(format_percent(text.string(), Value(std::move(dict))));
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
  if (value.is_undefined() || (flag(given.find(1, "boolean")) && !truth(value)))
    return replacement ? *replacement : Value::borrowed("");
  return value;
}

/// int(float); nothing for NaN, an error for infinities, which Python does not catch at first.
std::optional<Value> whole_part(double value) {
  if (std::isnan(value)) return std::nullopt;
  if (!(std::fabs(value) < 0x1p63)) throw EvaluationError("cannot convert the float to a 64-bit integer");
  return Value(static_cast<std::int64_t>(value));
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
    if (const auto whole = parse_integer(value.string(), base ? static_cast<int>(integer_argument("int", *base)) : 10))
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
  const std::int64_t low = value - rest;
  const bool up = rest * 2 > unit || (rest * 2 == unit && (low / unit) % 2 != 0);
  return calculate(Arithmetic::kAdd, Value(low), Value(up ? unit : 0));
}

Value filter_round(Draws&, const Value& value, const Arguments& given) {
  given.check("round", 0, 2, {"precision", "method"});
  const Value *digits_given = given.find(0, "precision"), *method_given = given.find(1, "method");
  const std::int64_t digits = digits_given ? integer_argument("round", *digits_given) : 0;
  const std::string_view method = method_given ? string_argument("round", *method_given) : "common";
  if (!value.is_number()) throw EvaluationError(fmt::format("round: a '{}' is not a number", type_name(value)));
  if (method == "common")
    return value.is_integral() ? round_integer(value.integer(), digits) : Value(round_to(value.number(), digits));
  if (method != "ceil" && method != "floor") throw EvaluationError("round: the method is common, ceil or floor");
  const double unit = std::pow(10.0, static_cast<double>(digits)), scaled = value.number() * unit;
  return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit);
}

Value filter_list(Draws&, const Value& value, const Arguments& given) {
  given.check("list", 0, 0);
  return Value::list(to_items(value));
}

Value filter_items(Draws&, const Value& value, const Arguments& given) {
  given.check("items", 0, 0);
  if (value.is_undefined()) return Value::list({});
  if (!value.is(Kind::kDict)) throw EvaluationError("items: can only get item pairs from a mapping");
  return Value(DictView{DictView::Part::kItems, value.get<std::shared_ptr<Dict>>()});
}

Value filter_first(Draws&, const Value& value, const Arguments& given) {
  given.check("first", 0, 0);
  auto first = Iterator(value).next();
  return first ? *first : Value::undefined("there is no first item, the sequence was empty");
}

/// Python's reversed() takes sequences and dicts.
std::vector<Value> reversed(std::string_view callee, const Value& value) {
  if (value.is(Kind::kGenerator) || value.is_undefined() || value.is(Kind::kLoop))
    throw EvaluationError(fmt::format("{}: '{}' object is not reversible", callee, type_name(value)));
  auto items = to_items(value);
  std::reverse(items.begin(), items.end());
  return items;
}

Value filter_last(Draws&, const Value& value, const Arguments& given) {
  given.check("last", 0, 0);
  const auto items = reversed("last", value);
  return items.empty() ? Value::undefined("there is no last item, the sequence was empty") : items.front();
}

Value filter_reverse(Draws&, const Value& value, const Arguments& given) {
  given.check("reverse", 0, 0);
  std::vector<Value> items = value.is(Kind::kGenerator) ? to_items(value) : reversed("reverse", value);
  if (value.is(Kind::kGenerator)) std::reverse(items.begin(), items.end());
  if (!value.is_string()) return Value::list(std::move(items));
  std::string text;
  for (const Value& character : items) text += character.string();
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

Value filter_choice(Draws& draws, const Value& value, const Arguments& given) {
  given.check("choice", 0, 0);
  if (length(value) == 0) throw EvaluationError("choice: cannot choose from an empty sequence");
  return draw_from("choice", draws, value);
}

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

Value filter_highlight(Draws&, const Value& value, const Arguments& given) {
  given.check("highlight", 0, 0);
  return Value::text(fmt::format("<span style='color: #F08080'>{}</span>", string_argument("highlight", value)));
}

/// What `map` and `select` do with one item: a filter or test of a given name with the remaining arguments.
template <class Found>
std::pair<Found, Arguments> called_by_name(std::size_t at, const Arguments& given, Found (*find)(std::string_view),
                                           std::string_view kind) {
  const std::string_view name = string_argument(kind, given.positional.at(at));
  const Found found = find(name);
  if (!found) throw EvaluationError(fmt::format("there is no {} called '{}'", kind, name));
  const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  return {found, Arguments{{rest, given.positional.end()}, given.named}};
}

Value filter_map(Draws& draws, const Value& value, const Arguments& given) {
  if (!truth(value)) return Value::generator([] { return std::optional<Value>(); });
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
  auto [filter, rest] = called_by_name<Filter>(0, given, find_filter, "filter");
  return Value::generator([iterator, &draws, filter = filter, rest = rest]() -> std::optional<Value> {
    auto next = iterator->next();
    return next ? std::optional(filter(draws, *next, rest)) : std::nullopt;
  });
}

enum class Keep { kSelected, kRejected };
enum class By { kItem, kAttribute };

template <Keep keep, By by>
Value filter_select(Draws&, const Value& value, const Arguments& given) {
  if (!truth(value)) return Value::generator([] { return std::optional<Value>(); });
  constexpr std::size_t kName = by == By::kAttribute ? 1 : 0;
  if (by == By::kAttribute && given.positional.empty()) throw EvaluationError("missing parameter for attribute name");
  auto path = by == By::kAttribute ? attribute_path(given.positional[0]) : std::vector<Value>();
  std::pair<Test, Arguments> called{nullptr, {}};
  if (given.positional.size() > kName) called = called_by_name<Test>(kName, given, find_test, "test");
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

/// Key functions of unique, min, max: an attribute, without case unless asked.
Value key_of(const Value& value, const std::vector<Value>& path, bool case_sensitive) {
  Value key = follow(path, value);
  return case_sensitive ? key : ignore_case(key);
}

Value filter_unique(Draws&, const Value& value, const Arguments& given) {
  given.check("unique", 0, 2, {"case_sensitive", "attribute"});
  const bool case_sensitive = flag(given.find(0, "case_sensitive"));
  const Value* by = given.find(1, "attribute");
  auto iterator = std::make_shared<Iterator>(value);
  auto seen = std::make_shared<std::vector<Value>>();
  return Value::generator([=, path = by ? attribute_path(*by) : std::vector<Value>()]() -> std::optional<Value> {
    while (auto next = iterator->next()) {
      const Value key = key_of(*next, path, case_sensitive);
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
  const bool case_sensitive = flag(given.find(0, "case_sensitive"));
  const Value* by = given.find(1, "attribute");
  const auto path = by ? attribute_path(*by) : std::vector<Value>();
  Iterator iterator(value);
  auto best = iterator.next();
  if (!best) return Value::undefined("there is no aggregated item, the sequence was empty");
  Value best_key = key_of(*best, path, case_sensitive);
  while (auto next = iterator.next()) {
    Value key = key_of(*next, path, case_sensitive);
    if (!ordered(order, key, best_key)) continue;
    best = std::move(next);
    best_key = std::move(key);
  }
  return *best;
}

/// Of sort: a list, as jinja2 makes it, so that several attributes compare in turn.
Value sort_key(const Value& value, const std::vector<std::vector<Value>>& paths, bool case_sensitive) {
  std::vector<Value> keys;
  for (const auto& path : paths) keys.push_back(key_of(value, path, case_sensitive));
  return Value::list(std::move(keys));
}

std::vector<std::vector<Value>> sort_paths(const Value* by) {
  std::vector<std::vector<Value>> paths;
  if (!by || !by->is_string()) return {by ? attribute_path(*by) : std::vector<Value>()};
  for (const auto part : split(by->string(), ",", -1)) paths.push_back(attribute_path(Value::borrowed(part)));
  return paths;
}

Value filter_sort(Draws&, const Value& value, const Arguments& given) {
  given.check("sort", 0, 3, {"reverse", "case_sensitive", "attribute"});
  const bool reverse = flag(given.find(0, "reverse")), case_sensitive = flag(given.find(1, "case_sensitive"));
  const auto paths = sort_paths(given.find(2, "attribute"));
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& one : to_items(value)) {
    Value key = sort_key(one, paths, case_sensitive);
    keyed.emplace_back(std::move(key), std::move(one));
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? ordered(Order::kLess, b.first, a.first) : ordered(Order::kLess, a.first, b.first);
  });
  std::vector<Value> items;
  for (auto& [key, one] : keyed) items.push_back(std::move(one));
  return Value::list(std::move(items));
}

Value filter_sum(Draws&, const Value& value, const Arguments& given) {
  given.check("sum", 0, 2, {"attribute", "start"});
  const Value *by = given.find(0, "attribute"), *start = given.find(1, "start");
  const auto path = by ? attribute_path(*by) : std::vector<Value>();
  Value total = start ? *start : Value(0);
  Iterator iterator(value);
  while (auto next = iterator.next()) total = calculate(Arithmetic::kAdd, total, follow(path, std::move(*next)));
  return total;
}

Value filter_attr(Draws&, const Value& value, const Arguments& given) {
  given.check("attr", 1, 1);
  const std::string_view name = string_argument("attr", given.positional.at(0));
  if (value.is(Kind::kDict) && !value.is_undefined()) return Value::undefined(fmt::format("no attribute '{}'", name));
  return attribute(value, name);
}

struct Entry {
  std::string_view name;
  Filter filter;
};

constexpr auto kFilters = std::to_array<Entry>({
    {"abs", filter_abs},
    {"attr", filter_attr},
    {"capitalize", text_filter<capitalize>},
    {"choice", filter_choice},
    {"count", filter_length},
    {"d", filter_default},
    {"default", filter_default},
    {"first", filter_first},
    {"float", filter_float},
    {"format", filter_format},
    {"highlight", filter_highlight},
    {"int", filter_int},
    {"items", filter_items},
    {"join", filter_join},
    {"last", filter_last},
    {"length", filter_length},
    {"list", filter_list},
    {"lower", text_filter<lower>},
    {"map", filter_map},
    {"max", filter_extreme<Order::kGreater>},
    {"min", filter_extreme<Order::kLess>},
    {"most_frequent", filter_most_frequent},
    {"random", filter_random},
    {"reject", filter_select<Keep::kRejected, By::kItem>},
    {"rejectattr", filter_select<Keep::kRejected, By::kAttribute>},
    {"replace", filter_replace},
    {"reverse", filter_reverse},
    {"round", filter_round},
    {"select", filter_select<Keep::kSelected, By::kItem>},
    {"selectattr", filter_select<Keep::kSelected, By::kAttribute>},
    {"sort", filter_sort},
    {"string", filter_string},
    {"sum", filter_sum},
    {"trim", filter_trim},
    {"truncate", filter_truncate},
    {"unique", filter_unique},
    {"upper", text_filter<upper>},
});

}  // namespace

Filter find_filter(std::string_view name) {
  for (const Entry& entry : kFilters)
    if (entry.name == name) return entry.filter;
  return nullptr;
}

std::vector<std::string> filter_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kFilters) names.emplace_back(entry.name);
  return names;
}

}  // namespace jinja
