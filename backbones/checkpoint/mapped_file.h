// A file in memory without a copy of it: pages come in when they are touched and go when they are released.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace checkpoint {

class MappedFile {
 public:
  /// Throws core::FileError where the path is no regular file or cannot be read.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(address_), size_}; }
  /// Lets go of the pages that lie wholly within [begin, end).
  void release(std::uint64_t begin, std::uint64_t end) const;
  /// Copies [begin, end) to `target`, releasing the pages behind it piece by piece.
  void copy(std::uint64_t begin, std::uint64_t end, void* target) const;

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace checkpoint
