// A Parquet file as Arrow reads it: at any place. One that is compressed as a whole (`NAME.parquet.zst`, `.gz`) is
// unpacked into a temporary file without a name, which goes when it is closed.
#pragma once

#include <arrow/io/interfaces.h>

#include <filesystem>
#include <memory>

namespace tasks {

/// Throws core::FileError.
std::shared_ptr<arrow::io::RandomAccessFile> open_input(const std::filesystem::path& path);

}  // namespace tasks
