#include "harness/run/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/core/errors.h"

namespace run {
namespace {

int flock_uninterrupted(int descriptor, int operation) {
  int result = 0;
  do {
    result = flock(descriptor, operation);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, const std::function<void()>& on_wait) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw core::FileError(path, std::string("cannot be opened as a lock: ") + std::strerror(errno));
  if (flock_uninterrupted(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) {
    on_wait();
    if (flock_uninterrupted(descriptor_, LOCK_EX) == 0) return;
  }
  const std::string reason = std::strerror(errno);
  close(descriptor_);
  throw core::FileError(path, "cannot be locked: " + reason);
}

FileLock::~FileLock() { close(descriptor_); }

}  // namespace run
