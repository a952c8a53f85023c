// str.format: "{}", "{0}", "{name}", "{0.attribute[item]!r:>{width}}".
#pragma once

#include <string>
#include <string_view>

#include "tasks/jinja/call.h"

namespace jinja {

/// Throws EvaluationError where Python raises.
std::string format_fields(std::string_view text, const Arguments& given);
/// str.format_map: names are keys of a dict.
std::string format_fields_of(std::string_view text, const Value& dict);

}  // namespace jinja
