// What a store remembers of models, so that a second run over the same gigabytes neither reads nor opens them where it
// computes nothing: the SHA-256 of files, found again by path, size, inode and times (as git finds files that did not
// change), and which models opened without an error. A memory that is lost or unreadable costs time alone.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace run {

class KnownModels {
 public:
  /// `file` need not be there.
  explicit KnownModels(std::filesystem::path file);

  /// SHA-256 of a file's content. A file that changed in the last seconds is read, and not remembered: a later change
  /// could leave its times as they are. Throws core::FileError.
  std::string sha256(const std::filesystem::path& file);

  bool has_opened(const std::string& model) const { return opened_.count(model) > 0; }
  void set_opened(const std::string& model) { changed_ |= opened_.insert(model).second; }

  /// Writes what is new, without files that are gone. Throws core::FileError.
  void save();

 private:
  struct File {
    std::string state;  // size, inode and times
    std::string sha256;
  };
  std::filesystem::path file_;
  std::map<std::string, File> files_;  // by path
  std::set<std::string> opened_;
  bool changed_ = false;
};

}  // namespace run
