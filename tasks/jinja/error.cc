#include "tasks/jinja/error.h"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr std::int64_t kShown = 120;  // code points of a long line that are shown, around the column

/// As wide as the line in front of the column: tabs stay tabs, so that the caret stands below.
std::string blanks_below(std::string_view line, int column) {
  std::string blanks;
  for (std::size_t byte = 0; byte < line.size() && static_cast<int>(blanks.size()) + 1 < column;)
    blanks += next_code_point(line, byte) == '\t' ? '\t' : ' ';
  blanks.resize(static_cast<std::size_t>(column - 1), ' ');
  return blanks;
}

/// The line with a caret below the column; a long line without its ends.
std::string excerpt(std::string_view line, int column) {
  const std::int64_t length = count_code_points(line), before = column - 1;
  const std::int64_t first = length <= kShown || before < kShown / 2 ? 0 : before - kShown / 2;
  const std::int64_t last = std::min(length, first + kShown);
  const std::string shown =
      fmt::format("{}{}{}", first > 0 ? "…" : "", substring(line, first, last), last < length ? "…" : "");
  const int place = static_cast<int>(before - first) + (first > 0 ? 2 : 1);
  return fmt::format("  {}\n  {}^", shown, blanks_below(shown, place));
}

}  // namespace

TemplateError::Place TemplateError::find_place(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  const std::string_view before = source.substr(0, offset);
  const std::size_t newline = before.rfind('\n'), start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = source.substr(start, source.find('\n', start) - start);
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(count_code_points(before.substr(start))) + 1, std::string(line)};
}

TemplateError::TemplateError(std::string_view name, std::string_view source, std::size_t offset,
                             std::string_view message)
    : TemplateError(name, find_place(source, offset), message) {}

TemplateError::TemplateError(std::string_view name, const Place& place, std::string_view message)
    : std::runtime_error(
          fmt::format("{}:{}:{}: {}\n{}", name, place.line, place.column, message, excerpt(place.text, place.column))),
      line_(place.line),
      column_(place.column) {}

}  // namespace jinja
