// Runs the tree: a recursive walk that appends to one string.
#pragma once

#include <string>

#include "tasks/jinja/syntax.h"
#include "tasks/jinja/template.h"

namespace jinja {

/// Throws PlacedError.
std::string evaluate(const Program& program, Context& context, Draws& draws);

}  // namespace jinja
