#include "harness/hub/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/hub/content_hash.h"
#include "harness/hub/errors.h"

namespace hub {
namespace {

namespace fs = std::filesystem;

/// blobs/ETAG.incomplete, open for writing.
class PartialFile {
 public:
  explicit PartialFile(fs::path path) : path_(std::move(path)) { open(); }
  ~PartialFile() {
    if (size_ == 0) ::unlink(path_.c_str());  // nothing to resume; a finished file has another name by now
    close();
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::int64_t size() const { return size_; }
  const fs::path& path() const { return path_; }

  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), size_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written", errno);
      size_ += written;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  /// A new, empty file in place of this one.
  void restart() {
    close();
    ::unlink(path_.c_str());
    open();
  }
  void finish(const fs::path& target) {
    if (::fsync(descriptor_) != 0) fail("cannot be flushed to disk", errno);
    if (::rename(path_.c_str(), target.c_str()) == 0) return;
    const int error = errno;  // ENOENT: where no locks are, another process was first, with the same bytes
    std::error_code ignored;
    if (error != ENOENT || !fs::exists(target, ignored)) fail("cannot be renamed", error);
  }

 private:
  void open() {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) fail("cannot be opened", errno);
    size_ = status.st_size;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  [[noreturn]] void fail(const std::string& what, int error) const {
    throw core::FileError(path_.string(), fmt::format("{}: {}", what, std::strerror(error)));
  }

  fs::path path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

/// The first byte of "bytes FIRST-LAST/TOTAL"; -1 where it cannot be read.
std::int64_t first_byte(const Response& response) {
  const std::string range = response.header("Content-Range").value_or("");
  std::int64_t first = -1;
  if (range.starts_with("bytes ")) std::from_chars(range.data() + 6, range.data() + range.size(), first);
  return first;
}

[[noreturn]] void fail_wrong(const Download& download, const std::string& what) {
  throw HubError(Failure::kWrongContent, fmt::format("{}: {}: what came is not what the Hub promised: {}",
                                                     to_string(download.repository), download.path, what));
}

/// Asks for the bytes that are missing. Throws HubError where the connection breaks: what came is kept.
void transfer(const Download& download, PartialFile& file, Remote& remote, const Watch& watch) {
  const std::int64_t offset = file.size();
  bool begun = false;
  const auto take = [&](const Response& response, std::string_view bytes) {
    if (!begun && response.status == 200 && file.size() > 0) file.restart();  // the range was ignored
    if (!begun && response.status == 206 && first_byte(response) != offset)
      throw HubError(Failure::kInterrupted, fmt::format("{}: another range came than was asked for", download.path));
    begun = true;
    file.append(bytes);
    if (download.size >= 0 && file.size() > download.size)
      fail_wrong(download, fmt::format("more than {} bytes", download.size));
    watch(download.path, file.size(), download.size);
  };
  const Response response = remote.content(download.repository, download.path, offset, take);
  if (response.status == 416 &&
      (download.size >= 0 || offset == 0)) {  // nothing there: what came before is not this file
    file.restart();
    throw HubError(Failure::kInterrupted, fmt::format("{}: the server has no bytes from {} on", download.path, offset));
  }
}

/// One attempt. Throws HubError, core::FileError.
void attempt(const Download& download, PartialFile& file, Remote& remote, const Watch& watch) {
  if (download.size >= 0 && file.size() > download.size) file.restart();
  if (download.size < 0 || file.size() < download.size) transfer(download, file, remote, watch);
  if (download.size >= 0 && file.size() < download.size)
    throw HubError(Failure::kInterrupted, fmt::format("{}: the connection ended after {} of {} bytes", download.path,
                                                      file.size(), download.size));
  const EtagKind kind = etag_kind(download.etag);
  const std::string hash = content_hash(file.path(), kind);
  if (kind != EtagKind::kOther && hash != download.etag)
    fail_wrong(download, fmt::format("hash {} instead of {}", hash, download.etag));
}

}  // namespace

void fetch_blob(const Download& download, const RepositoryCache& cache, Remote& remote, Retry retry,
                const Watch& watch) {
  PartialFile file(cache.incomplete(download.etag));
  std::int64_t furthest = file.size();
  for (;;) {
    try {
      attempt(download, file, remote, watch);
      return file.finish(cache.blob(download.etag));
    } catch (const HubError& error) {
      if (error.failure() == Failure::kWrongContent) {
        file.restart();
      } else if (file.size() > furthest) {
        retry.progress();
      }
      furthest = std::max(furthest, file.size());
      retry.wait_after(error);
    }
  }
}

}  // namespace hub
