// Files of data sets, plain or compressed by zstd (`NAME.zst`) or gzip (`NAME.gz`).
#pragma once

#include <filesystem>
#include <string>

namespace tasks {

/// The content of a file, unpacked where its name ends in .zst or .gz. Throws core::FileError, also for a cut or broken
/// one.
std::string read_plain_or_zst(const std::filesystem::path& path);

/// `path` where it exists, else `path`.zst or `path`.gz where that exists, else an empty path.
std::filesystem::path find_plain_or_zst(const std::filesystem::path& path);

}  // namespace tasks
