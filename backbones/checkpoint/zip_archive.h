// Where the entries of a zip file lie, for the archives that torch.save writes: every entry stored as it is, also
// beyond 4 GiB (zip64). Compressed or encrypted entries are errors (a small file could become a large one), and so are
// entries that overlap, leave the file, or have one name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

namespace checkpoint {

/// Bytes of the file.
struct ZipEntry {
  std::uint64_t begin = 0, end = 0;
};

/// The entries by name; names are parts of `file`. Throws core::FileError with the byte of what is wrong.
std::map<std::string_view, ZipEntry> read_zip(const std::filesystem::path& path, std::string_view file);

}  // namespace checkpoint
