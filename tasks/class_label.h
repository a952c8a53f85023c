// Class ids, as the Hub's loaders make them from what publishers' raw files hold: SuperGLUE writes "entailment" or true
// where the templates index a list of choices by 0, 1, 2.
#pragma once

#include "tasks/hub_form.h"

namespace tasks {

/// Makes the label column of a row the class id: text by its place in `label_names`, any of its spellings, digits in a
/// cell of text; booleans as the names "False" and "True", null as `label_missing`; ids stay. Returns whether the row
/// is labelled. Throws core::FileError at the row for an absent column, a name that is not declared and an id out of
/// range: negative ones always.
bool encode_label(const TaskSpec& spec, Row& row, Cells cells = Cells::kTyped);

}  // namespace tasks
