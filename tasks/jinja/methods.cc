#include "tasks/jinja/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {

void Arguments::check(std::string_view callee, std::size_t least, std::size_t most,
                      std::initializer_list<std::string_view> names) const {
  if (size() < least || size() > most)
    throw EvaluationError(
        least == most ? fmt::format("{} takes {} argument{}, {} given", callee, least, least == 1 ? "" : "s", size())
                      : fmt::format("{} takes from {} to {} arguments, {} given", callee, least, most, size()));
  for (const auto& [name, value] : named)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw EvaluationError(fmt::format("{} has no argument called '{}'", callee, name));
}

const Value* Arguments::find(std::size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named)
    if (key == name) return &value;
  return nullptr;
}

std::int64_t integer_argument(std::string_view callee, const Value& value) {
  if (value.is_undefined()) raise_undefined(value);
  if (!value.is_integral())
    throw EvaluationError(fmt::format("{}: a '{}' is not an integer", callee, type_name(value)));
  return value.integer();
}

std::string_view string_argument(std::string_view callee, const Value& value) {
  if (value.is_undefined()) raise_undefined(value);
  if (!value.is_string())
    throw EvaluationError(fmt::format("{}: expected a str, found '{}'", callee, type_name(value)));
  return value.string();
}

namespace {

using Call = Value (*)(const Value&, const Arguments&);
struct Entry {
  std::string_view name;
  Call call;  // null: Python has it, templates do not call it
};

/// A part of a text that shares its bytes.
Value part_of(const Value& whole, std::string_view part) { return whole.part(part); }

Value list_of(const Value& whole, const std::vector<std::string_view>& parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const auto part : parts) items.push_back(part_of(whole, part));
  return Value::list(std::move(items));
}

Value str_split(const Value& self, const Arguments& given) {
  given.check("split", 0, 2, {"sep", "maxsplit"});
  const Value *separator = given.find(0, "sep"), *limit = given.find(1, "maxsplit");
  const std::int64_t most = limit ? integer_argument("split", *limit) : -1;
  if (!separator || separator->is(Kind::kNone)) return list_of(self, split_white_space(self.string(), most));
  const std::string_view sign = string_argument("split", *separator);
  if (sign.empty()) throw EvaluationError("split: empty separator");
  return list_of(self, split(self.string(), sign, most));
}

Value strip_side(const Value& self, const Arguments& given, Side side) {
  given.check("strip", 0, 1);
  const Value* characters = given.find(0, "");
  if (!characters || characters->is(Kind::kNone)) return part_of(self, strip(self.string(), side));
  return part_of(self, strip(self.string(), string_argument("strip", *characters), side));
}
Value str_strip(const Value& self, const Arguments& given) { return strip_side(self, given, Side::kBoth); }
Value str_lstrip(const Value& self, const Arguments& given) { return strip_side(self, given, Side::kLeft); }
Value str_rstrip(const Value& self, const Arguments& given) { return strip_side(self, given, Side::kRight); }

Value str_lower(const Value& self, const Arguments& given) {
  given.check("lower", 0, 0);
  return Value::text(lower(self.string()));
}
Value str_upper(const Value& self, const Arguments& given) {
  given.check("upper", 0, 0);
  return Value::text(upper(self.string()));
}
Value str_capitalize(const Value& self, const Arguments& given) {
  given.check("capitalize", 0, 0);
  return Value::text(capitalize(self.string()));
}
Value str_title(const Value& self, const Arguments& given) {
  given.check("title", 0, 0);
  return Value::text(title(self.string()));
}

Value str_replace(const Value& self, const Arguments& given) {
  given.check("replace", 2, 3);
  const std::int64_t count = given.positional.size() > 2 ? integer_argument("replace", given.positional[2]) : -1;
  return Value::text(replace(self.string(), string_argument("replace", given.positional.at(0)),
                             string_argument("replace", given.positional.at(1)), count));
}

Value str_join(const Value& self, const Arguments& given) {
  given.check("join", 1, 1);
  std::string out;
  Iterator iterator(given.positional.at(0));
  for (bool first = true; auto part = iterator.next(); first = false) {
    if (!first) out += self.string();
    out += string_argument("join", *part);
  }
  return Value::text(std::move(out));
}

std::int64_t find_text(const Value& self, std::string_view wanted) {
  const std::size_t byte = self.string().find(wanted);
  return byte == std::string_view::npos ? -1 : count_code_points(self.string().substr(0, byte));
}
Value str_find(const Value& self, const Arguments& given) {
  given.check("find", 1, 1);
  return Value(find_text(self, string_argument("find", given.positional.at(0))));
}
Value str_index(const Value& self, const Arguments& given) {
  given.check("index", 1, 1);
  const std::int64_t place = find_text(self, string_argument("index", given.positional.at(0)));
  if (place < 0) throw EvaluationError("index: substring not found");
  return Value(place);
}
Value str_count(const Value& self, const Arguments& given) {
  given.check("count", 1, 1);
  const std::string_view wanted = string_argument("count", given.positional.at(0));
  if (wanted.empty()) return Value(count_code_points(self.string()) + 1);
  return Value(static_cast<std::int64_t>(split(self.string(), wanted, -1).size()) - 1);
}

/// startswith and endswith take a str or a tuple of them.
template <class Test>
Value any_affix(std::string_view callee, const Arguments& given, Test test) {
  given.check(callee, 1, 1);
  const Value& wanted = given.positional.at(0);
  if (!wanted.is(Kind::kTuple)) return Value(test(string_argument(callee, wanted)));
  return Value(std::any_of(wanted.items().begin(), wanted.items().end(),
                           [&](const Value& one) { return test(string_argument(callee, one)); }));
}
Value str_startswith(const Value& self, const Arguments& given) {
  return any_affix("startswith", given, [&](std::string_view text) { return self.string().starts_with(text); });
}
Value str_endswith(const Value& self, const Arguments& given) {
  return any_affix("endswith", given, [&](std::string_view text) { return self.string().ends_with(text); });
}

Value str_islower(const Value& self, const Arguments& given) {
  given.check("islower", 0, 0);
  return Value(is_lower_text(self.string()));
}
Value str_isupper(const Value& self, const Arguments& given) {
  given.check("isupper", 0, 0);
  return Value(is_upper_text(self.string()));
}

constexpr auto kStrMethods = std::to_array<Entry>({
    {"split", str_split},
    {"strip", str_strip},
    {"lstrip", str_lstrip},
    {"rstrip", str_rstrip},
    {"lower", str_lower},
    {"upper", str_upper},
    {"capitalize", str_capitalize},
    {"title", str_title},
    {"replace", str_replace},
    {"join", str_join},
    {"find", str_find},
    {"index", str_index},
    {"count", str_count},
    {"startswith", str_startswith},
    {"endswith", str_endswith},
    {"islower", str_islower},
    {"isupper", str_isupper},
    {"casefold", nullptr},
    {"center", nullptr},
    {"encode", nullptr},
    {"expandtabs", nullptr},
    {"format", nullptr},
    {"format_map", nullptr},
    {"isalnum", nullptr},
    {"isalpha", nullptr},
    {"isascii", nullptr},
    {"isdecimal", nullptr},
    {"isdigit", nullptr},
    {"isidentifier", nullptr},
    {"isnumeric", nullptr},
    {"isprintable", nullptr},
    {"isspace", nullptr},
    {"istitle", nullptr},
    {"ljust", nullptr},
    {"maketrans", nullptr},
    {"partition", nullptr},
    {"removeprefix", nullptr},
    {"removesuffix", nullptr},
    {"rfind", nullptr},
    {"rindex", nullptr},
    {"rjust", nullptr},
    {"rpartition", nullptr},
    {"rsplit", nullptr},
    {"splitlines", nullptr},
    {"swapcase", nullptr},
    {"translate", nullptr},
    {"zfill", nullptr},
});

Value list_append(const Value& self, const Arguments& given) {
  given.check("append", 1, 1);
  // A list in itself would never be freed, and no template can print it.
  const Value& added = given.positional.at(0);
  if (added.is(Kind::kList) && &added.items() == &self.items())
    throw EvaluationError("append: a list cannot hold itself");
  self.items().push_back(added);
  return Value::none();
}
Value list_extend(const Value& self, const Arguments& given) {
  given.check("extend", 1, 1);
  for (Value& more : to_items(given.positional.at(0))) self.items().push_back(std::move(more));
  return Value::none();
}

Value list_insert(const Value& self, const Arguments& given) {
  given.check("insert", 2, 2);
  auto& items = self.items();
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t place = integer_argument("insert", given.positional.at(0));
  place = std::clamp<std::int64_t>(place < 0 ? place + size : place, 0, size);
  items.insert(items.begin() + place, given.positional.at(1));
  return Value::none();
}

Value list_pop(const Value& self, const Arguments& given) {
  given.check("pop", 0, 1);
  auto& items = self.items();
  if (items.empty()) throw EvaluationError("pop from empty list");
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t place = given.positional.empty() ? -1 : integer_argument("pop", given.positional[0]);
  if (place < 0) place += size;
  if (place < 0 || place >= size) throw EvaluationError("pop index out of range");
  Value taken = items[static_cast<std::size_t>(place)];
  items.erase(items.begin() + place);
  return taken;
}

std::vector<Value>::iterator find_in(const Value& self, const Value& wanted) {
  return std::find_if(self.items().begin(), self.items().end(),
                      [&](const Value& value) { return equal(value, wanted); });
}
Value list_index(const Value& self, const Arguments& given) {
  given.check("index", 1, 1);
  const auto found = find_in(self, given.positional.at(0));
  if (found == self.items().end()) {
    std::string text;
    append_repr(text, given.positional[0]);
    throw EvaluationError(fmt::format("index: {} is not in the list", text));
  }
  return Value(static_cast<std::int64_t>(found - self.items().begin()));
}
Value list_count(const Value& self, const Arguments& given) {
  given.check("count", 1, 1);
  return Value(
      static_cast<std::int64_t>(std::count_if(self.items().begin(), self.items().end(), [&](const Value& value) {
        return equal(value, given.positional.at(0));
      })));
}
Value list_remove(const Value& self, const Arguments& given) {
  given.check("remove", 1, 1);
  const auto found = find_in(self, given.positional.at(0));
  if (found == self.items().end()) throw EvaluationError("remove: the value is not in the list");
  self.items().erase(found);
  return Value::none();
}
Value list_reverse(const Value& self, const Arguments& given) {
  given.check("reverse", 0, 0);
  std::reverse(self.items().begin(), self.items().end());
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

constexpr auto kListMethods = std::to_array<Entry>({
    {"append", list_append},
    {"extend", list_extend},
    {"insert", list_insert},
    {"pop", list_pop},
    {"index", list_index},
    {"count", list_count},
    {"remove", list_remove},
    {"reverse", list_reverse},
    {"clear", list_clear},
    {"copy", list_copy},
    {"sort", nullptr},
});
constexpr auto kTupleMethods = std::to_array<Entry>({{"index", list_index}, {"count", list_count}});

Value view_of(const Value& self, const Arguments& given, DictView::Part part) {
  given.check("a view of a dict", 0, 0);
  return Value(DictView{part, self.get<std::shared_ptr<Dict>>()});
}
Value dict_keys(const Value& self, const Arguments& given) { return view_of(self, given, DictView::Part::kKeys); }
Value dict_values(const Value& self, const Arguments& given) { return view_of(self, given, DictView::Part::kValues); }
Value dict_items(const Value& self, const Arguments& given) { return view_of(self, given, DictView::Part::kItems); }

Value dict_get(const Value& self, const Arguments& given) {
  given.check("get", 1, 2);
  check_hashable(given.positional.at(0));
  if (const Value* found = self.dict().find(given.positional[0])) return *found;
  return given.positional.size() > 1 ? given.positional[1] : Value::none();
}

/// The pairs of a dict, or of an iterable of pairs.
std::vector<std::pair<Value, Value>> pairs_of(const Value& value) {
  if (value.is(Kind::kDict)) return value.dict().entries;
  std::vector<std::pair<Value, Value>> pairs;
  for (const Value& entry : to_items(value)) {
    const auto parts = to_items(entry);
    if (parts.size() != 2) throw EvaluationError("a dict is updated from a dict or from pairs");
    pairs.emplace_back(parts[0], parts[1]);
  }
  return pairs;
}

void update_dict(Dict& dict, const Arguments& given) {
  if (given.positional.size() > 1) throw EvaluationError("update takes at most 1 unnamed argument");
  if (!given.positional.empty())
    for (auto& [key, value] : pairs_of(given.positional[0])) dict.set(key, std::move(value));
  for (const auto& [name, value] : given.named) dict.set(Value::text(std::string(name)), value);
}
Value dict_update(const Value& self, const Arguments& given) {
  update_dict(self.dict(), given);
  return Value::none();
}

Value dict_pop(const Value& self, const Arguments& given) {
  given.check("pop", 1, 2);
  auto& entries = self.dict().entries;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return equal(entry.first, given.positional.at(0)); });
  if (found == entries.end()) {
    if (given.positional.size() > 1) return given.positional[1];
    throw EvaluationError("pop: the key is not in the dict");
  }
  Value taken = std::move(found->second);
  entries.erase(found);
  return taken;
}

Value dict_setdefault(const Value& self, const Arguments& given) {
  given.check("setdefault", 1, 2);
  if (const Value* found = self.dict().find(given.positional.at(0))) return *found;
  Value value = given.positional.size() > 1 ? given.positional[1] : Value::none();
  self.dict().set(given.positional[0], value);
  return value;
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

constexpr auto kDictMethods = std::to_array<Entry>({
    {"keys", dict_keys},
    {"values", dict_values},
    {"items", dict_items},
    {"get", dict_get},
    {"update", dict_update},
    {"pop", dict_pop},
    {"setdefault", dict_setdefault},
    {"clear", dict_clear},
    {"copy", dict_copy},
    {"fromkeys", nullptr},
    {"popitem", nullptr},
});

Value loop_cycle(const Value& self, const Arguments& given) {
  return self.object<Loop>().cycle(given.positional);
}
Value loop_changed(const Value& self, const Arguments& given) {
  return self.object<Loop>().changed(given.positional);
}
constexpr auto kLoopMethods = std::to_array<Entry>({{"cycle", loop_cycle}, {"changed", loop_changed}});

constexpr auto kIntMethods = std::to_array<Entry>({{"bit_length", nullptr},
                                                   {"bit_count", nullptr},
                                                   {"conjugate", nullptr},
                                                   {"to_bytes", nullptr},
                                                   {"from_bytes", nullptr},
                                                   {"as_integer_ratio", nullptr}});
constexpr auto kFloatMethods = std::to_array<Entry>({{"as_integer_ratio", nullptr},
                                                     {"conjugate", nullptr},
                                                     {"fromhex", nullptr},
                                                     {"hex", nullptr},
                                                     {"is_integer", nullptr}});

std::span<const Entry> methods_of(const Value& object) {
  switch (object.kind()) {
    case Kind::kString:
      return kStrMethods;
    case Kind::kList:
      return kListMethods;
    case Kind::kTuple:
    case Kind::kRange:
      return kTupleMethods;
    case Kind::kDict:
      return kDictMethods;
    case Kind::kLoop:
      return kLoopMethods;
    case Kind::kInt:
    case Kind::kBool:
      return kIntMethods;
    case Kind::kFloat:
      return kFloatMethods;
    default:
      return {};
  }
}

const Entry* find_method(const Value& object, std::string_view name) {
  for (const Entry& entry : methods_of(object))
    if (entry.name == name) return &entry;
  return nullptr;
}

Value make_range(const Arguments& given) {
  given.check("range", 1, 3);
  std::int64_t numbers[3] = {0, 0, 1};
  for (std::size_t i = 0; i < given.positional.size(); ++i) numbers[i] = integer_argument("range", given.positional[i]);
  if (numbers[2] == 0) throw EvaluationError("range: the step must not be zero");
  if (given.positional.size() == 1) return Value(Range{0, numbers[0], 1});
  return Value(Range{numbers[0], numbers[1], numbers[2]});
}

Value zip(const Arguments& given) {
  auto iterators = std::make_shared<std::vector<Iterator>>();
  for (const Value& source : given.positional) {
    if (source.is_undefined())
      iterators->emplace_back(Value::list({}));
    else
      iterators->emplace_back(source);
  }
  return Value::generator([iterators]() -> std::optional<Value> {
    std::vector<Value> items;
    for (Iterator& iterator : *iterators) {
      auto next = iterator.next();
      if (!next) return std::nullopt;
      items.push_back(std::move(*next));
    }
    if (items.empty()) return std::nullopt;
    return Value::tuple(std::move(items));
  });
}

Value make_dict(const Arguments& given) {
  auto dict = std::make_shared<Dict>();
  update_dict(*dict, given);
  return Value(std::move(dict));
}

Value make_namespace(const Arguments& given) {
  auto made = std::make_shared<Namespace>();
  update_dict(made->attributes, given);
  return Value(std::move(made));
}

constexpr auto kGlobals =
    std::to_array<Function>({{"range", make_range}, {"zip", zip}, {"namespace", make_namespace}, {"dict", make_dict}});

}  // namespace

const Function* find_global(std::string_view name) {
  for (const Function& function : kGlobals)
    if (function.name == name) return &function;
  return nullptr;
}

bool has_method(const Value& object, std::string_view name) { return find_method(object, name) != nullptr; }

Value call_method(const Value& object, std::string_view name, const Arguments& arguments) {
  const Entry* method = find_method(object, name);
  if (!method || !method->call || object.is(Kind::kRange))
    throw EvaluationError(fmt::format("'{}' objects have no method '{}' here", type_name(object), name));
  return method->call(object, arguments);
}

Value call_value(const Value& callee, const Arguments& arguments) {
  if (callee.is(Kind::kFunction)) return callee.get<const Function*>()->call(arguments);
  if (callee.is(Kind::kMethod)) {
    const Method& method = callee.object<Method>();
    return call_method(method.self, method.name, arguments);
  }
  if (callee.is_undefined()) raise_undefined(callee);
  throw EvaluationError(fmt::format("'{}' object is not callable", type_name(callee)));
}

}  // namespace jinja
