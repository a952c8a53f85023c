#include "tasks/compressed.h"

#include <zstd.h>

#include <memory>

#include "harness/core/errors.h"
#include "harness/core/files.h"

namespace tasks {
namespace {

std::string unpack(const std::string& packed, const std::string& path) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::string text, block(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t missing = 1;  // 0 at the end of a frame
  while (true) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    const std::size_t consumed = in.pos;
    missing = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(missing)) throw core::FileError::at_byte(path, in.pos, ZSTD_getErrorName(missing));
    text.append(block.data(), out.pos);
    const bool stalled = in.pos == consumed && out.pos == 0;
    if (in.pos == in.size && (missing == 0 || stalled)) break;
  }
  if (missing != 0) throw core::FileError::at_byte(path, packed.size(), "the zstd frame is cut off");
  return text;
}

}  // namespace

std::string read_plain_or_zst(const std::filesystem::path& path) {
  std::string content = core::read_file(path);
  return path.extension() == ".zst" ? unpack(content, path.string()) : content;
}

std::filesystem::path find_plain_or_zst(const std::filesystem::path& path) {
  if (std::filesystem::is_regular_file(path)) return path;
  std::filesystem::path packed = path;
  packed += ".zst";
  return std::filesystem::is_regular_file(packed) ? packed : std::filesystem::path();
}

}  // namespace tasks
