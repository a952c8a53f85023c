// Files of data sets, plain or compressed by zstd (`NAME.zst`).
#pragma once

#include <filesystem>
#include <string>

namespace tasks {

/// The content of a file, unpacked where its name ends in .zst. Throws core::FileError, also for a cut or broken frame.
std::string read_plain_or_zst(const std::filesystem::path& path);

/// `path` where it exists, else `path`.zst where that exists, else an empty path.
std::filesystem::path find_plain_or_zst(const std::filesystem::path& path);

}  // namespace tasks
