// json.dumps(value, sort_keys=True) of values, as the filter tojson writes them.
#pragma once

#include <optional>
#include <string>

#include "tasks/jinja/value.h"

namespace jinja {

/// ASCII text: other characters as \uxxxx, keys sorted, NaN and Infinity as Python writes them. With `indent` one item
/// a line, so far indented a level. Throws EvaluationError for values that JSON has not.
std::string to_json_text(const Value& value, const std::optional<std::string>& indent = std::nullopt);

}  // namespace jinja
