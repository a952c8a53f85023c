// Files that are whole or absent: written beside their place, flushed to disk, renamed.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace core {

/// The whole content. Throws FileError.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` at once: readers see the old content or the new one. Makes missing folders. Throws FileError, also on a
/// full disk, and then leaves no temporary file.
void write_file(const std::filesystem::path& path, std::string_view content);

/// A file that grows: `append` adds whole lines and flushes them to the operating system. A crash loses at most what was not
/// appended; a partial last line (no newline) is cut off when it is opened again. Throws FileError.
class AppendFile {
 public:
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  void append(std::string_view lines);  // must end with a newline
  void sync();                          // to the disk

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// A folder to build a result in: renamed to `target` by `commit`, removed otherwise.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path target);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  const std::filesystem::path& path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path target_, temporary_;
  bool done_ = false;
};

}  // namespace core
