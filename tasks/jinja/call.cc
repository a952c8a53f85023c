#include "tasks/jinja/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/jinja/error.h"
#include "tasks/jinja/operators.h"

namespace jinja {

void Arguments::check(std::string_view callee, std::size_t least, std::size_t most,
                      std::initializer_list<std::string_view> names) const {
  if (size() < least || size() > most)
    throw EvaluationError(
        least == most ? fmt::format("{} takes {} argument{}, {} given", callee, least, least == 1 ? "" : "s", size())
                      : fmt::format("{} takes from {} to {} arguments, {} given", callee, least, most, size()));
  for (const auto& [name, value] : named) {
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end()) throw EvaluationError(fmt::format("{} has no argument called '{}'", callee, name));
    if (static_cast<std::size_t>(known - names.begin()) < positional.size())
      throw EvaluationError(fmt::format("{} got the argument '{}' twice", callee, name));
  }
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

/// The pairs of a dict, or of an iterable of pairs.
std::vector<std::pair<Value, Value>> pairs_of(const Value& value) {
  if (value.is_undefined()) raise_undefined(value);
  if (value.is(Kind::kDict)) return value.dict().entries;
  std::vector<std::pair<Value, Value>> pairs;
  for (const Value& entry : to_items(value)) {
    const auto parts = to_items(entry);
    if (parts.size() != 2) throw EvaluationError("a dict is updated from a dict or from pairs");
    pairs.emplace_back(parts[0], parts[1]);
  }
  return pairs;
}

}  // namespace

void update_dict(Dict& dict, const Arguments& given) {
  if (given.positional.size() > 1) throw EvaluationError("update takes at most 1 unnamed argument");
  if (!given.positional.empty())
    for (auto& [key, value] : pairs_of(given.positional[0])) dict.set(key, std::move(value));
  for (const auto& [name, value] : given.named) dict.set(Value::text(std::string(name)), value);
}

}  // namespace jinja
