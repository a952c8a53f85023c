#include "harness/run/recorded_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <tuple>

#include "backbones/child_process.h"
#include "harness/core/errors.h"
#include "harness/core/hash.h"

namespace run {
namespace {

constexpr std::size_t kShownInstructions = 3;
constexpr std::size_t kShownBytes = 100;

/// Calls `read`; what it throws gets the file and the line.
template <class Read>
auto at_line(const std::filesystem::path& file, std::int64_t line, Read read) {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    throw core::FileError::at_line(file, line, error.what());
  }
}

}  // namespace

RecordedLines::RecordedLines(std::vector<std::filesystem::path> files, Instructions instructions)
    : files_(std::move(files)), instructions_(std::move(instructions)) {
  for (std::uint32_t file = 0; file < files_.size(); ++file) index(file);
  std::ranges::sort(places_, {}, [](const Place& place) { return std::tuple(place.hash, place.file, place.line); });
}

void RecordedLines::index(std::uint32_t file) {
  std::ifstream in(files_[file], std::ios::binary);
  if (!in) throw core::FileError(files_[file], "cannot be opened");
  std::string text;
  std::int64_t line = 0, offset = 0;
  while (std::getline(in, text)) {
    ++line;
    const auto instructions = at_line(files_[file], line, [&] { return instructions_(core::JsonRecord::parse(text)); });
    for (const std::string& instruction : instructions)
      places_.push_back({core::hash64(instruction), file, line, offset});
    offset += static_cast<std::int64_t>(text.size()) + 1;
  }
}

std::vector<RecordedLine> RecordedLines::find(const std::string& instruction) const {
  std::vector<RecordedLine> lines;
  const auto range = std::ranges::equal_range(places_, core::hash64(instruction), {}, &Place::hash);
  for (const Place& place : range) {
    std::ifstream in(files_[place.file], std::ios::binary);
    std::string text;
    if (!in.seekg(place.offset) || !std::getline(in, text))
      throw core::FileError::at_line(files_[place.file], place.line, "is gone: the file changed while it was in use");
    at_line(files_[place.file], place.line, [&] {
      core::JsonRecord record = core::JsonRecord::parse(text);
      const std::vector<std::string> about = instructions_(record);
      if (std::ranges::find(about, instruction) == about.end()) return;  // another of the same hash
      lines.push_back({std::move(record), fmt::format("{}:{}", files_[place.file].string(), place.line)});
    });
  }
  return lines;
}

std::string RecordedLines::name() const {
  const std::string first = files_.at(0).string();
  return files_.size() == 1 ? first : fmt::format("{} and {} more", first, files_.size() - 1);
}

void RecordedLines::fail_missing(const std::string& what, const std::vector<std::string>& missing,
                                 std::size_t asked) const {
  std::string shown;
  for (std::size_t i = 0; i < std::min(missing.size(), kShownInstructions); ++i)
    shown += "\n  " + backbones::shown_text(missing[i], kShownBytes);
  throw core::FileError(name(),
                        fmt::format("no record of {} of {} {}, the first:{}", missing.size(), asked, what, shown));
}

}  // namespace run
