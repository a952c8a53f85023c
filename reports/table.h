// A table as text: what every writer (Markdown, CSV) starts from.
#pragma once

#include <string>
#include <vector>

namespace reports {

struct Table {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`
  std::vector<std::string> notes;              // sentences under the table
};

/// Adds a row. Throws std::invalid_argument where it is not as long as the columns.
void add_row(Table& table, std::vector<std::string> row);

}  // namespace reports
