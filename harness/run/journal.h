// The finished instances of a stage that is under way. Each line carries a checksum of its number and text, so that
// after a crash the good lines are told from the torn ones, and a line that was moved or lost is noticed:
//
//   <16 hex digits> <JSON>
//
// The first line says what the journal belongs to; another owner (another key, another instruction set) starts it anew.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/files.h"

namespace run {

class Journal {
 public:
  /// Opens or starts the journal. `owner` is one line of text. Throws core::FileError.
  Journal(std::filesystem::path path, const std::string& owner);
  /// The lines so far, the recovered ones first.
  const std::vector<std::string>& lines() const { return lines_; }
  /// Lines of the file that were torn or damaged and are gone.
  std::size_t dropped() const { return dropped_; }
  /// Appends lines and hands them to the operating system in one write.
  void append(const std::vector<std::string>& lines);
  /// Closes and deletes the file.
  void remove();

 private:
  std::size_t recover(std::string_view content, const std::string& owner);

  std::filesystem::path path_;
  std::vector<std::string> lines_;
  std::size_t dropped_ = 0;
  std::unique_ptr<core::AppendFile> file_;
};

}  // namespace run
