// Which variable a name means (jinja2/idtracking.py). A template and every loop body is a frame with its own variables;
// a variable that a frame assigns starts as the outer one of that name, else as the row's where the assignment is
// conditional, else undefined; `if` opens no frame. Names become slots here, so evaluation never looks one up twice.
#pragma once

#include "tasks/jinja/syntax.h"

namespace jinja {

/// Fills the slots and frames of a parsed program.
void assign_slots(Program& program);

}  // namespace jinja
