// Files of text as streams, plain or compressed: zstd (`NAME.zst`, of one or more frames) and gzip (`NAME.gz`, of one
// or more members) are unpacked block by block. A UTF-8 byte order mark at the start is dropped, as Python's utf-8-sig
// does.
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>

namespace tasks {

/// The stream throws core::FileError that names the byte of the file as it lies on the disk where that is cut off or
/// broken; what was unpacked before is delivered first. Throws core::FileError where the file cannot be opened.
std::unique_ptr<std::istream> open_text(const std::filesystem::path& path);

/// The whole text. Throws as above.
std::string read_text(const std::filesystem::path& path);

/// The path without the ending that says how it is compressed: "a.jsonl" of "a.jsonl.zst".
std::filesystem::path without_compression(const std::filesystem::path& path);

/// `path` where it is a file, else `path`.zst, else `path`.gz; an empty path where none is.
std::filesystem::path find_text(const std::filesystem::path& path);

}  // namespace tasks
