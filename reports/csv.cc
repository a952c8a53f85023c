#include "reports/csv.h"

namespace reports {
namespace {

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : ",") + quoted(cells[i]);
  return out + "\n";
}

}  // namespace

std::string to_csv(const Table& table) {
  std::string out = line(table.columns);
  for (const auto& row : table.rows) out += line(row);
  return out;
}

}  // namespace reports
