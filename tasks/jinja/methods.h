// The methods of str, list, dict, tuple and loop that templates call.
#pragma once

#include <string_view>

#include "tasks/jinja/call.h"

namespace jinja {

/// Whether Python's type has a method of that name, also where it cannot be called here.
bool has_method(const Value& object, std::string_view name);
/// object.name(arguments). Throws EvaluationError, also for Python's methods that are not built here.
Value call_method(const Value& object, std::string_view name, const Arguments& arguments);
/// value(arguments) of a function or bound method; anything else is not callable.
Value call_value(const Value& callee, const Arguments& arguments);

}  // namespace jinja
