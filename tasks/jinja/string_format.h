// Python's printf-style formatting: text % values.
#pragma once

#include <string>
#include <string_view>

#include "tasks/jinja/value.h"

namespace jinja {

/// `values` is a tuple, a dict for "%(key)s", or a single value. Throws EvaluationError where Python raises.
std::string format_percent(std::string_view text, const Value& values);

}  // namespace jinja
