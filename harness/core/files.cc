#include "harness/core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/core/errors.h"

namespace core {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw FileError(path.string(), fmt::format("{}: {}", what, std::strerror(error)));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0666)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  /// 0, or the errno of closing (some file systems report a full disk only here).
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

/// 0, or the errno.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) fail(folder, "cannot be made", error.value());
}

/// A name beside `target` that no other process or thread uses.
fs::path temporary_beside(const fs::path& target) {
  static std::atomic<unsigned> count{0};
  return target.parent_path() / fmt::format(".{}.{}-{}.tmp", target.filename().string(), ::getpid(), count++);
}

/// So that a rename survives a power cut. Some file systems refuse it: then there is nothing to do.
void sync_folder(const fs::path& folder) {
  const Descriptor opened(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
  if (opened.open()) ::fsync(opened.number());
}

int write_new_file(const fs::path& path, std::string_view content) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.open()) return errno;
  if (const int error = write_all(file.number(), content)) return error;
  if (::fsync(file.number()) != 0) return errno;
  return file.close();
}

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const Descriptor file(entry.path(), O_RDONLY);
    if (!file.open() || ::fsync(file.number()) != 0) fail(entry.path(), "cannot be flushed to disk", errno);
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.open()) fail(path, "cannot be opened", errno);
  std::string content;
  struct stat status {};
  if (::fstat(file.number(), &status) == 0 && status.st_size > 0)
    content.reserve(static_cast<std::size_t>(status.st_size));
  char block[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.number(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
  }
}

void write_file(const fs::path& path, std::string_view content) {
  make_folders(path.parent_path());
  const fs::path temporary = temporary_beside(path);
  int error = write_new_file(temporary, content);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    fail(path, "cannot be written", error);
  }
  sync_folder(path.parent_path());
}

namespace {

/// The length of what ends in a newline.
off_t whole_lines(int descriptor, const fs::path& path) {
  off_t end = ::lseek(descriptor, 0, SEEK_END);
  if (end < 0) fail(path, "cannot be read", errno);
  char block[4096];
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof block));
    const ssize_t got = ::pread(descriptor, block, static_cast<std::size_t>(end - begin), begin);
    if (got != end - begin) fail(path, "cannot be read", got < 0 ? errno : EIO);
    const std::size_t newline = std::string_view(block, static_cast<std::size_t>(got)).rfind('\n');
    if (newline != std::string_view::npos) return begin + static_cast<off_t>(newline) + 1;
    end = begin;
  }
  return 0;
}

}  // namespace

AppendFile::AppendFile(fs::path path) : path_(std::move(path)) {
  make_folders(path_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, "cannot be opened", errno);
  try {
    if (::ftruncate(descriptor_, whole_lines(descriptor_, path_)) != 0) fail(path_, "cannot be cut", errno);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view lines) {
  if (lines.empty()) return;
  if (lines.back() != '\n') throw std::invalid_argument("AppendFile: the last line has no newline");
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  if (const int error = write_all(descriptor_, lines)) {
    if (before >= 0 && ::ftruncate(descriptor_, before) != 0) fail(path_, "cannot be written, nor cut back", error);
    fail(path_, "cannot be written", error);
  }
}

void AppendFile::sync() {
  if (::fsync(descriptor_) != 0) fail(path_, "cannot be flushed to disk", errno);
}

AtomicFolder::AtomicFolder(fs::path target) : target_(std::move(target)) {
  while (!target_.empty() && target_.filename().empty()) target_ = target_.parent_path();  // "out/" is "out"
  std::error_code error;
  if (fs::exists(target_, error) && !(fs::is_directory(target_, error) && fs::is_empty(target_, error)))
    throw FileError(target_.string(), "exists already: nothing is overwritten; remove it or choose another name");
  temporary_ = temporary_beside(target_);
  make_folders(temporary_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!done_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  sync_tree(temporary_);
  sync_folder(temporary_);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be put in its place", errno);
  done_ = true;
  sync_folder(target_.parent_path());
}

}  // namespace core
