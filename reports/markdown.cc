#include "reports/markdown.h"

#include <algorithm>

namespace reports {
namespace {

/// Columns on a screen, near enough: code points.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& cell, std::size_t wide, std::size_t column) {
  const std::string blanks(wide - width(cell), ' ');
  return column == 0 ? cell + blanks : blanks + cell;
}

std::vector<std::string> escaped(const std::vector<std::string>& row) {
  std::vector<std::string> cells;
  for (const std::string& cell : row) cells.push_back(escape_markdown(cell));
  return cells;
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string out = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) out += " " + padded(cells[i], widths[i], i) + " |";
  return out + "\n";
}

std::string rule(const std::vector<std::size_t>& widths) {
  std::string out = "|";
  for (std::size_t i = 0; i < widths.size(); ++i) {
    out += i == 0 ? ":" + std::string(widths[i] + 1, '-') : std::string(widths[i] + 1, '-') + ":";
    out += "|";
  }
  return out + "\n";
}

}  // namespace

std::string escape_markdown(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\|`*<[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string to_markdown(const Table& table) {
  std::vector<std::vector<std::string>> rows{escaped(table.columns)};
  for (const auto& row : table.rows) rows.push_back(escaped(row));
  std::vector<std::size_t> widths(table.columns.size(), 1);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out = table.title.empty() ? "" : "## " + table.title + "\n\n";
  out += line(rows[0], widths) + rule(widths);
  for (std::size_t i = 1; i < rows.size(); ++i) out += line(rows[i], widths);
  for (const std::string& note : table.notes) out += "\n" + note + "\n";
  return out;
}

}  // namespace reports
