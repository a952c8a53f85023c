#include "tasks/rows/text_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <streambuf>
#include <vector>

#include "harness/core/errors.h"

namespace tasks {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{128} << 10;

/// Where bytes come from, in blocks.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills a part of `out`, at least a byte; 0 at the end.
  virtual std::size_t read(std::span<char> out) = 0;
};

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(const std::filesystem::path& path) : path_(path.string()) {
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) throw core::FileError(path_, std::string("cannot be opened: ") + std::strerror(errno));
  }
  ~PlainSource() override { ::close(descriptor_); }
  PlainSource(const PlainSource&) = delete;
  PlainSource& operator=(const PlainSource&) = delete;

  std::size_t read(std::span<char> out) override {
    ssize_t count = -1;
    do count = ::read(descriptor_, out.data(), out.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) throw core::FileError(path_, std::string("cannot be read: ") + std::strerror(errno));
    position_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
  const std::string& path() const { return path_; }
  std::uint64_t position() const { return position_; }  // bytes read so far

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
};

/// What the two decoders share: blocks of the packed file, and errors at its bytes.
class PackedSource : public ByteSource {
 public:
  explicit PackedSource(const std::filesystem::path& path) : file_(path), block_(kBlockBytes) {}

 protected:
  /// Takes the next block where the last one is used up; false at the end of the file.
  bool refill() {
    if (!rest_.empty()) return true;
    rest_ = std::span(block_).first(file_.read(block_));
    return !rest_.empty();
  }
  std::span<const char> rest() const { return rest_; }
  void consume(std::size_t bytes) { rest_ = rest_.subspan(bytes); }
  [[noreturn]] void fail(const std::string& message) const {
    throw core::FileError::at_byte(file_.path(), file_.position() - rest_.size(), message);
  }

 private:
  PlainSource file_;
  std::vector<char> block_;
  std::span<const char> rest_;  // of block_, not decoded yet
};

class ZstdSource : public PackedSource {
 public:
  explicit ZstdSource(const std::filesystem::path& path)
      : PackedSource(path), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {}

  std::size_t read(std::span<char> out) override {
    for (;;) {
      const bool more = refill();
      if (!more && !inside_) return 0;
      ZSTD_inBuffer in{rest().data(), rest().size(), 0};
      ZSTD_outBuffer unpacked{out.data(), out.size(), 0};
      const std::size_t missing = ZSTD_decompressStream(context_.get(), &unpacked, &in);
      consume(in.pos);
      if (ZSTD_isError(missing)) fail(std::string("broken zstd: ") + ZSTD_getErrorName(missing));
      inside_ = missing != 0;
      if (unpacked.pos > 0) return unpacked.pos;
      if (!more) fail("the zstd frame is cut off: fetch the file again");
    }
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool inside_ = true;  // of a frame; an empty file has none and is broken
};

class GzipSource : public PackedSource {
 public:
  explicit GzipSource(const std::filesystem::path& path) : PackedSource(path) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) fail("no memory to unpack it");
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<char> out) override {
    for (;;) {
      if (!inside_ && !next_member()) return 0;
      if (!refill()) fail("the gzip stream is cut off: fetch the file again");
      const std::size_t count = inflate_into(out);
      if (count > 0) return count;
    }
  }

 private:
  /// Members may follow each other, padded with zeros as gzip itself allows.
  bool next_member() {
    do {
      while (!rest().empty() && rest().front() == 0) consume(1);
      if (!rest().empty()) {
        inflateReset(&stream_);
        inside_ = true;
        return true;
      }
    } while (refill());
    return false;
  }

  std::size_t inflate_into(std::span<char> out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest().data()));  // zlib reads it only
    stream_.avail_in = static_cast<uInt>(rest().size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    consume(rest().size() - stream_.avail_in);
    if (code == Z_STREAM_END)
      inside_ = false;
    else if (code != Z_OK && code != Z_BUF_ERROR)
      fail(std::string("broken gzip: ") + (stream_.msg ? stream_.msg : zError(code)));
    return out.size() - stream_.avail_out;
  }

  z_stream stream_{};
  bool inside_ = true;  // of a member; an empty file has none and is broken
};

std::unique_ptr<ByteSource> open_source(const std::filesystem::path& path) {
  if (path.extension() == ".zst") return std::make_unique<ZstdSource>(path);
  if (path.extension() == ".gz") return std::make_unique<GzipSource>(path);
  return std::make_unique<PlainSource>(path);
}

class SourceBuffer : public std::streambuf {
 public:
  explicit SourceBuffer(std::unique_ptr<ByteSource> source) : source_(std::move(source)), block_(kBlockBytes) {
    drop_byte_order_mark();
  }

 protected:
  int_type underflow() override {
    const std::size_t count = source_->read(block_);
    setg(block_.data(), block_.data(), block_.data() + count);
    return count == 0 ? traits_type::eof() : traits_type::to_int_type(block_[0]);
  }

 private:
  void drop_byte_order_mark() {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    std::size_t used = 0;
    while (used < kMark.size()) {
      const std::size_t count = source_->read(std::span(block_).subspan(used));
      if (count == 0) break;
      used += count;
    }
    const bool marked = std::string_view(block_.data(), used).starts_with(kMark);
    setg(block_.data(), block_.data() + (marked ? kMark.size() : 0), block_.data() + used);
  }

  std::unique_ptr<ByteSource> source_;
  std::vector<char> block_;
};

class TextStream : public std::istream {
 public:
  explicit TextStream(const std::filesystem::path& path) : std::istream(nullptr), buffer_(open_source(path)) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // an exception of the buffer passes through instead of becoming a state
  }

 private:
  SourceBuffer buffer_;
};

}  // namespace

std::unique_ptr<std::istream> open_text(const std::filesystem::path& path) {
  return std::make_unique<TextStream>(path);
}

std::string read_text(const std::filesystem::path& path) {
  const auto in = open_text(path);
  std::string text;
  std::vector<char> block(kBlockBytes);
  while (const std::streamsize count = in->rdbuf()->sgetn(block.data(), static_cast<std::streamsize>(block.size())))
    text.append(block.data(), static_cast<std::size_t>(count));
  return text;
}

std::filesystem::path without_compression(const std::filesystem::path& path) {
  const bool packed = path.extension() == ".zst" || path.extension() == ".gz";
  return packed ? path.parent_path() / path.stem() : path;
}

std::filesystem::path find_text(const std::filesystem::path& path) {
  for (const char* ending : {"", ".zst", ".gz"}) {
    std::filesystem::path candidate = path;
    candidate += ending;
    if (std::filesystem::is_regular_file(candidate)) return candidate;
  }
  return {};
}

}  // namespace tasks
