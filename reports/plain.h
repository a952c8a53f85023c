// Tables for a terminal: aligned columns, no markup.
#pragma once

#include <string>

#include "reports/table.h"

namespace reports {

/// Header line, a rule, the rows; columns padded by code points to their widest cell. The first column and those whose
/// cells are not all numbers are left-aligned. Ends with a newline; title and notes are left out.
std::string to_plain(const Table& table);

}  // namespace reports
