// What a call passes, and the few global functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tasks/jinja/value.h"

namespace jinja {

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string_view, Value>> named;
  Value holds = Value::none();  // the dict of "**", whose keys are names in `named`

  std::size_t size() const { return positional.size() + named.size(); }
  /// Throws EvaluationError "NAME takes from A to B arguments, C given", also where a named one is not in `names`.
  void check(std::string_view callee, std::size_t least, std::size_t most,
             std::initializer_list<std::string_view> names = {}) const;
  /// The argument at `position` or called `name`; nullptr where it is absent.
  const Value* find(std::size_t position, std::string_view name) const;
};

/// A macro of a template, or the body of a call block, which has no name.
struct Macro {
  std::string_view name;
  std::vector<std::string_view> parameters;
  bool takes_named = false, takes_rest = false, takes_caller = false;
  std::function<Value(const Arguments&)> call;
};

/// A global of the environment: range, zip, namespace, dict.
struct Function {
  std::string_view name;
  Value (*call)(const Arguments&);
};

/// The global of that name, or nullptr.
const Function* find_global(std::string_view name);

/// int and str arguments. Throw EvaluationError that names the callee.
std::int64_t integer_argument(std::string_view callee, const Value& value);
std::string_view string_argument(std::string_view callee, const Value& value);

/// dict.update(arguments): a dict or pairs, then what is named.
void update_dict(Dict& dict, const Arguments& given);

}  // namespace jinja
