// JSON Lines that are found again by an instruction: of each line the place alone is in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/json_lines.h"

namespace run {

/// A line as it was found.
struct RecordedLine {
  core::JsonRecord record;
  std::string place;  // "FILE:LINE", for messages
};

class RecordedLines {
 public:
  /// The instructions that a line is about. Throws std::runtime_error that names the field.
  using Instructions = std::function<std::vector<std::string>(const core::JsonRecord&)>;

  /// Reads every file once. Throws core::FileError with the number of a bad line.
  RecordedLines(std::vector<std::filesystem::path> files, Instructions instructions);

  /// The lines about an instruction, in the order of the files. Throws core::FileError.
  std::vector<RecordedLine> find(const std::string& instruction) const;
  /// The files, for messages: the first, and how many more there are.
  std::string name() const;
  std::size_t size() const { return places_.size(); }

  /// Throws core::FileError: so many of `asked` are not there, and which came first.
  [[noreturn]] void fail_missing(const std::string& what, const std::vector<std::string>& missing,
                                 std::size_t asked) const;

 private:
  struct Place {
    std::uint64_t hash = 0;  // of the instruction
    std::uint32_t file = 0;
    std::int64_t line = 0, offset = 0;
  };
  void index(std::uint32_t file);

  std::vector<std::filesystem::path> files_;
  Instructions instructions_;
  std::vector<Place> places_;  // by hash, then as they stand
};

}  // namespace run
