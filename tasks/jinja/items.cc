// object[key], object.name, object[a:b:c]: Environment.getitem and getattr, and slices.
#include <fmt/format.h>

#include <algorithm>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/methods.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

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
