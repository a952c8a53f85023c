// Python's format(value, spec), the mini-language behind the colon of str.format:
// [[fill]align][sign][z][#][0][width][grouping]
// [.precision][type].
#pragma once

#include <string>
#include <string_view>

#include "tasks/jinja/value.h"

namespace jinja {

/// Throws EvaluationError where Python raises.
std::string format_value(const Value& value, std::string_view spec);

}  // namespace jinja
