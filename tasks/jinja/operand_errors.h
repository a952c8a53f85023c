// What the operators refuse alike.
#pragma once

#include <string_view>

#include "tasks/jinja/value.h"

namespace jinja {

/// Throws EvaluationError, for an undefined operand that it is undefined.
[[noreturn]] void raise_operands(std::string_view sign, const Value& a, const Value& b);
/// Throws EvaluationError where values are nested too deep to be walked.
void check_depth(int depth);

}  // namespace jinja
