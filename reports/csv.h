// Tables as comma-separated values (RFC 4180, lines end with a newline only).
#pragma once

#include <string>

#include "reports/table.h"

namespace reports {

/// Header line and rows; title and notes are left out. Cells with a comma, a quote or a line break are quoted.
std::string to_csv(const Table& table);

}  // namespace reports
