#include "tasks/jinja/methods.h"

#include <fmt/format.h>

#include <array>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/method_table.h"
#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

Value loop_cycle(const Value& self, const Arguments& given) { return self.object<Loop>().cycle(given.positional); }
Value loop_changed(const Value& self, const Arguments& given) { return self.object<Loop>().changed(given.positional); }
constexpr auto kLoopMethods = std::to_array<MethodEntry>({{"cycle", loop_cycle}, {"changed", loop_changed}});

std::span<const MethodEntry> methods_of(const Value& object) {
  switch (object.kind()) {
    case Kind::kString:
      return str_methods();
    case Kind::kList:
      return list_methods();
    case Kind::kTuple:
      return tuple_methods();
    case Kind::kRange:
      return range_methods();
    case Kind::kDict:
      return dict_methods();
    case Kind::kLoop:
      return kLoopMethods;
    case Kind::kInt:
    case Kind::kBool:
      return int_methods();
    case Kind::kFloat:
      return float_methods();
    default:
      return {};
  }
}

const MethodEntry* find_method(const Value& object, std::string_view name) {
  for (const MethodEntry& entry : methods_of(object))
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace

bool has_method(const Value& object, std::string_view name) { return find_method(object, name) != nullptr; }

Value call_method(const Value& object, std::string_view name, const Arguments& arguments) {
  const MethodEntry* method = find_method(object, name);
  if (!method || !method->call)
    throw EvaluationError(fmt::format("the method '{}' of '{}' is not supported here", name, type_name(object)));
  return method->call(object, arguments);
}

Value call_value(const Value& callee, const Arguments& arguments) {
  if (callee.is(Kind::kFunction)) return callee.get<const Function*>()->call(arguments);
  if (callee.is(Kind::kMethod)) {
    const Method& method = callee.object<Method>();
    return call_method(method.self, method.name, arguments);
  }
  if (callee.is(Kind::kMacro)) return callee.object<Macro>().call(arguments);
  if (callee.is(Kind::kLoop)) {
    arguments.check("loop", 1, 1, {"iterable"});
    return callee.object<Loop>().call(*arguments.find(0, "iterable"));
  }
  if (callee.is_undefined()) raise_undefined(callee);
  throw EvaluationError(fmt::format("'{}' object is not callable", type_name(callee)));
}

}  // namespace jinja
