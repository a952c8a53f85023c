// Tokens to the tree (jinja2/parser.py). Precedence, from loose to tight: conditional, or, and, not, comparisons, + -,
// ~,
// * / // %, ** (left-associative), unary; filters and tests bind tighter than binary operators, looser than unary ones.
#pragma once

#include <string_view>

#include "tasks/jinja/syntax.h"

namespace jinja {

/// Parses a normalised source. Throws PlacedError, for unknown statements, filters and tests with a suggestion.
std::unique_ptr<Program> parse(std::string_view source);

}  // namespace jinja
