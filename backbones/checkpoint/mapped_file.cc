#include "backbones/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/core/errors.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{16} << 20;  // bytes that are copied before their pages are released

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw core::FileError(path.string(), std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  size_ = known ? static_cast<std::size_t>(status.st_size) : 0;
  if (size_ > 0) address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  ::close(descriptor);
  if (!known) throw core::FileError(path.string(), "not a regular file");
  if (address_ == MAP_FAILED) throw core::FileError(path.string(), std::strerror(error));
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(address_, size_);
}

void MappedFile::release(std::uint64_t begin, std::uint64_t end) const {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t first = (begin + page - 1) / page * page, last = end / page * page;
  if (first < last) ::madvise(static_cast<char*>(address_) + first, last - first, MADV_DONTNEED);
}

void MappedFile::copy(std::uint64_t begin, std::uint64_t end, void* target) const {
  auto* to = static_cast<char*>(target);
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t count = std::min(kPiece, end - at);
    std::memcpy(to + (at - begin), bytes().data() + at, count);
    release(std::max(begin, at - std::min(at, kPiece)), at + count);  // with the page that the last piece ended in
    at += count;
  }
}

}  // namespace checkpoint
