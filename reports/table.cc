#include "reports/table.h"

#include <fmt/format.h>

#include <stdexcept>

namespace reports {

void add_row(Table& table, std::vector<std::string> row) {
  if (row.size() != table.columns.size()) {
    throw std::invalid_argument(
        fmt::format("a row of {} cells in a table of {} columns", row.size(), table.columns.size()));
  }
  table.rows.push_back(std::move(row));
}

}  // namespace reports
