// From a row as its publisher wrote it to the row that the Hub's loader gave: renamed columns, the details of loading
// scripts, text of CSV as numbers, class names as ids. Every declared column's type is checked at every row, for a
// mistake would otherwise render as text. A null is a value of every type, as the Hub has it.
#pragma once

#include "tasks/task_spec.h"

namespace tasks {

/// What cells are before: in CSV and TSV all are text, and numbers are read out of it.
enum class Cells { kTyped, kText };

/// Throws core::FileError at the row: a column that is not there, a value of another type, a name that is no class, a
/// column under its raw and its new name at once. Rows that are in the Hub's form already pass unchanged.
void to_hub_form(const DataSpec& spec, Cells cells, Row& row);

/// Class names that files declare must be those of the task, in order: the first spellings of `label.names`, and the
/// class columns. Throws core::FileError with both lists; `place` is the file.
void check_class_names(const TaskSpec& spec, const std::map<std::string, std::vector<std::string>>& declared,
                       const std::string& place);

}  // namespace tasks
