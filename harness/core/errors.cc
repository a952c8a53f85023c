#include "harness/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace core {
namespace {

std::string config_message(const std::string& file, int line, const std::string& key, const std::string& message) {
  std::string text = file;
  if (line > 0) text += fmt::format("{}{}", text.empty() ? "line " : ":", line);
  if (!text.empty()) text += ": ";
  if (!key.empty()) text += key + ": ";
  return text + message;
}

/// Levenshtein's distance in bytes, one row of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

ConfigError::ConfigError(const std::string& file, int line, const std::string& key, const std::string& message)
    : std::runtime_error(config_message(file, line, key, message)) {}

FileError FileError::at_line(const std::string& path, std::int64_t line, const std::string& message) {
  return FileError(path, fmt::format("line {}: {}", line, message));
}

FileError FileError::at_byte(const std::string& path, std::uint64_t byte, const std::string& message) {
  return FileError(path, fmt::format("byte {}: {}", byte, message));
}

std::string did_you_mean(std::string_view given, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t smallest = std::max<std::size_t>(2, given.size() / 3) + 1;  // farther is no misspelling
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(given, candidate);
    if (distance < smallest && distance < std::max(given.size(), candidate.size())) {
      smallest = distance;
      nearest = &candidate;
    }
  }
  return nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "";
}

}  // namespace core
