#include "tasks/rows/parquet/input_file.h"

#include <arrow/io/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "harness/core/errors.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

void write_all(int descriptor, const char* bytes, std::size_t count, const std::string& path) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw core::FileError(path, std::string("cannot be unpacked: ") + std::strerror(errno));
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

/// What Arrow opened, or its error.
std::shared_ptr<arrow::io::ReadableFile> checked(const arrow::Result<std::shared_ptr<arrow::io::ReadableFile>>& file,
                                                 const std::filesystem::path& path) {
  if (!file.ok()) throw core::FileError(path.string(), "cannot be opened: " + file.status().message());
  return *file;
}

std::shared_ptr<arrow::io::ReadableFile> unpacked(const std::filesystem::path& path) {
  std::string name = (std::filesystem::temp_directory_path() / "cappy_parquet_XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) throw core::FileError(name, std::string("cannot be made: ") + std::strerror(errno));
  ::unlink(name.c_str());
  const auto file = checked(arrow::io::ReadableFile::Open(descriptor), path);  // closes it
  const auto in = open_text(path);
  std::vector<char> block(std::size_t{128} << 10);
  while (const auto count = in->rdbuf()->sgetn(block.data(), static_cast<std::streamsize>(block.size())))
    write_all(descriptor, block.data(), static_cast<std::size_t>(count), path.string());
  return checked(arrow::io::ReadableFile::Open(::dup(descriptor)), path);  // its size is taken at opening
}

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> open_input(const std::filesystem::path& path) {
  if (without_compression(path) != path) return unpacked(path);
  return checked(arrow::io::ReadableFile::Open(path.string()), path);
}

}  // namespace tasks
