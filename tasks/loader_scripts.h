// Details of the Hub's loading scripts that changed a row's bytes and that no declaration can say. Each has a name that
// a task file calls by `data.loader`; rows that are in the Hub's form already pass unchanged.
#pragma once

#include <string>
#include <vector>

#include "tasks/rows.h"

namespace tasks {

/// The names, sorted.
const std::vector<std::string>& loader_scripts();

/// Throws core::FileError at the row where the script could not run, std::invalid_argument for an unknown name.
///
/// "wsc.fixed" (SuperGLUE's WSC): the spans of the raw file stand in an object `target`; they become columns. A span
/// that is not in the text gets the case of the text's word at its index, loses full stops at its end and has blanks
/// for line ends; two spans with words between their parts stay; "theyscold" moves the second span to word 10.
void run_loader_script(const std::string& name, Row& row);

}  // namespace tasks
