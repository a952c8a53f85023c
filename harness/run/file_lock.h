// An advisory lock on a file: one process at a time. The kernel drops it when its holder dies, however that happens, so
// a killed run never leaves a stale lock. The lock file itself stays: removing it would race with those who wait for
// it.
#pragma once

#include <filesystem>
#include <functional>

namespace run {

class FileLock {
 public:
  /// Waits until the lock is free; calls `on_wait` once before it waits. Makes missing folders. Throws core::FileError.
  FileLock(const std::filesystem::path& path, const std::function<void()>& on_wait);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace run
