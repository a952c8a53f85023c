#include "reports/plain.h"

#include <algorithm>

#include "harness/core/text.h"

namespace reports {
namespace {

constexpr std::string_view kGap = "  ";

std::size_t width_of(const std::string& cell) { return core::to_code_points(cell).size(); }

bool is_number(const std::string& cell) {
  return cell.find_first_not_of("0123456789,.+-%") == std::string::npos;  // an empty cell goes with either
}

struct Column {
  std::size_t width = 0;
  bool right_aligned = false;
};

std::vector<Column> columns_of(const Table& table) {
  std::vector<Column> columns(table.columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c].width = width_of(table.columns[c]);
    columns[c].right_aligned = c > 0 && !table.rows.empty();
    for (const auto& row : table.rows) {
      columns[c].width = std::max(columns[c].width, width_of(row[c]));
      columns[c].right_aligned = columns[c].right_aligned && is_number(row[c]);
    }
  }
  return columns;
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<Column>& columns) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::string padding(columns[c].width - width_of(cells[c]), ' ');
    line += c == 0 ? "" : kGap;
    line += columns[c].right_aligned ? padding + cells[c] : cells[c] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

std::string to_plain(const Table& table) {
  const std::vector<Column> columns = columns_of(table);
  std::vector<std::string> rules;
  for (const Column& column : columns) rules.emplace_back(column.width, '-');
  std::string text = line_of(table.columns, columns) + line_of(rules, columns);
  for (const auto& row : table.rows) text += line_of(row, columns);
  return text;
}

}  // namespace reports
