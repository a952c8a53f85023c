// Which variable a name means (jinja2/idtracking.py). A template, a loop body, a macro, a `with` and a captured block
// are frames with their own variables; a variable that a frame assigns starts as the outer one of that name, else as
// the row's where the assignment is conditional, else undefined; `if` opens no frame. Frames of one routine share its
// slots. Names become places here, so evaluation never looks one up twice.
#pragma once

#include "tasks/jinja/syntax.h"

namespace jinja {

/// Fills the places and frames of a parsed program. Throws PlacedError.
void assign_places(Program& program);

}  // namespace jinja
