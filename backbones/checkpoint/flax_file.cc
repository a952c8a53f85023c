#include "backbones/checkpoint/flax_file.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "backbones/checkpoint/msgpack.h"
#include "backbones/checkpoint/printable.h"
#include "harness/core/errors.h"

namespace checkpoint {
namespace {

using Kind = MsgpackHead::Kind;

constexpr int kDeepest = 64;                   // maps within maps
constexpr std::size_t kLongestPath = 1'000;    // bytes of the names on the way to an array
constexpr std::uint64_t kMostDimensions = 64;  // numpy's own limit
constexpr std::string_view kChunkedMark = "__msgpack_chunked_array__";

// flax.serialization's numbers of extensions.
enum class Extension : std::int64_t { kArray = 1, kComplex = 2, kScalar = 3 };

struct TypeName {
  std::string_view name;
  at::ScalarType type;
};

constexpr std::array<TypeName, 10> kTypes{{{"float32", at::kFloat},
                                           {"float16", at::kHalf},
                                           {"bfloat16", at::kBFloat16},
                                           {"float64", at::kDouble},
                                           {"int64", at::kLong},
                                           {"int32", at::kInt},
                                           {"int16", at::kShort},
                                           {"int8", at::kChar},
                                           {"uint8", at::kByte},
                                           {"bool", at::kBool}}};

/// An array as Flax has it: row-major, in pieces.
struct FlaxArray {
  std::string path;  // names joined by '/'
  std::uint64_t begin = 0;
  at::ScalarType type = at::kFloat;
  std::vector<std::int64_t> shape;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;  // [begin, end) in the file
};

/// Walks the maps of a file and gives their arrays.
class ParameterWalk {
 public:
  ParameterWalk(const std::filesystem::path& path, std::string_view file)
      : path_(path), file_(file), reader_(path, file) {}

  std::vector<FlaxArray> arrays() {
    walk_map(reader_.next(Kind::kMap, "the parameters"), "", 1);
    if (reader_.position() != file_.size())
      reader_.fail(reader_.position(), fmt::format("{} bytes after the parameters", file_.size() - reader_.position()));
    return std::move(arrays_);
  }

 private:
  void walk_map(const MsgpackHead& map, const std::string& path, int depth) {
    if (depth > kDeepest) reader_.fail(map.begin, fmt::format("more than {} maps within each other", kDeepest));
    for (std::uint64_t i = 0; i < map.count; ++i) {
      const MsgpackHead key = reader_.next(Kind::kText, "a name");
      if (key.bytes == kChunkedMark && i == 0) return arrays_.push_back(chunked(map, path));
      if (key.bytes.empty() || key.bytes.find('/') != std::string_view::npos)
        reader_.fail(key.begin, fmt::format("'{}' is no name", printable(key.bytes)));
      std::string below = path.empty() ? std::string(key.bytes) : fmt::format("{}/{}", path, key.bytes);
      if (below.size() > kLongestPath) reader_.fail(key.begin, fmt::format("a path of {} bytes", below.size()));
      const MsgpackHead value = reader_.next();
      if (value.kind == Kind::kMap)
        walk_map(value, below, depth + 1);
      else
        arrays_.push_back(array(value, below));
    }
  }

  [[noreturn]] void fail(std::uint64_t byte, const std::string& path, const std::string& message) const {
    reader_.fail(byte, fmt::format("'{}': {}", printable(path), message));
  }

  /// An extension of (shape, name of the type, bytes).
  FlaxArray array(const MsgpackHead& head, const std::string& path) const {
    if (head.kind != Kind::kExtension) fail(head.begin, path, "expected an array, found " + kind_of(head));
    if (static_cast<Extension>(head.integer) == Extension::kComplex)
      fail(head.begin, path, "a complex number, expected an array");
    if (static_cast<Extension>(head.integer) != Extension::kArray &&
        static_cast<Extension>(head.integer) != Extension::kScalar)
      fail(head.begin, path, fmt::format("extension {}, which Flax does not write", head.integer));
    const auto begin = static_cast<std::uint64_t>(head.bytes.data() - file_.data());
    MsgpackReader inside(path_, file_.substr(0, begin + head.bytes.size()), begin);
    if (inside.next(Kind::kArray, "an array's parts").count != 3)
      fail(head.begin, path, "an array is a shape, a type and bytes");
    FlaxArray made{path, head.begin, at::kFloat, {}, {}};
    made.shape = shape(inside, path);
    made.type = type(inside.next(Kind::kText, "an array's type"), path);
    const std::string_view bytes = inside.next(Kind::kText, "an array's bytes").bytes;
    if (inside.position() != begin + head.bytes.size()) fail(inside.position(), path, "bytes after the array");
    const auto first = static_cast<std::uint64_t>(bytes.data() - file_.data());
    made.pieces.emplace_back(first, first + bytes.size());
    check_bytes(made);
    return made;
  }

  static std::int64_t size(const MsgpackReader& reader, const MsgpackHead& head) {
    if (head.integer < 0) reader.fail(head.begin, fmt::format("the negative size {}", head.integer));
    return head.integer;
  }

  std::vector<std::int64_t> shape(MsgpackReader& inside, const std::string& path) const {
    const MsgpackHead list = inside.next(Kind::kArray, "an array's shape");
    if (list.count > kMostDimensions) fail(list.begin, path, fmt::format("an array of {} dimensions", list.count));
    std::vector<std::int64_t> made;
    for (std::uint64_t i = 0; i < list.count; ++i)
      made.push_back(size(inside, inside.next(Kind::kInteger, "a size of an array")));
    return made;
  }

  at::ScalarType type(const MsgpackHead& name, const std::string& path) const {
    for (const TypeName& known : kTypes)
      if (known.name == name.bytes) return known.type;
    fail(name.begin, path,
         fmt::format(
             "type '{}' is not one of float32, float16, bfloat16, float64, int64, int32, int16, int8, uint8, bool",
             printable(name.bytes)));
  }

  void check_bytes(const FlaxArray& array) const {
    std::uint64_t held = 0, needed = 0;
    for (const auto& [begin, end] : array.pieces) held += end - begin;
    try {
      needed = tensor_bytes(array.type, array.shape);
    } catch (const std::runtime_error& error) {
      fail(array.begin, array.path, error.what());
    }
    if (held != needed)
      fail(array.begin, array.path,
           fmt::format("shape [{}] of {} needs {} bytes, found {}", fmt::join(array.shape, ", "),
                       c10::toString(array.type), needed, held));
  }

  /// The rest of a map that stands for one large array: {mark: true, "shape": {"0": …}, "chunks": {"0": array, …}}.
  FlaxArray chunked(const MsgpackHead& map, const std::string& path) {
    if (map.count != 3) fail(map.begin, path, "an array in chunks has a mark, a shape and chunks");
    reader_.next(Kind::kBoolean, "the mark of an array in chunks");
    std::vector<std::int64_t> sizes;
    std::vector<FlaxArray> chunks;
    for (int i = 0; i < 2; ++i) {
      const MsgpackHead key = reader_.next(Kind::kText, "a part of an array in chunks");
      if (key.bytes == "shape" && sizes.empty())
        sizes =
            numbered<std::int64_t>([&] { return size(reader_, reader_.next(Kind::kInteger, "a size of an array")); });
      else if (key.bytes == "chunks" && chunks.empty())
        chunks = numbered<FlaxArray>([&] { return array(reader_.next(), path); });
      else
        fail(key.begin, path, fmt::format("'{}' in an array in chunks", printable(key.bytes)));
    }
    if (chunks.empty()) fail(map.begin, path, "an array without chunks");
    return joined(map, std::move(sizes), std::move(chunks));
  }

  /// A tuple as Flax keeps it: a map with the keys "0", "1", … in any order.
  template <class Item, class Read>
  std::vector<Item> numbered(const Read& read) {
    const MsgpackHead map = reader_.next(Kind::kMap, "a numbered map");
    std::map<std::uint64_t, Item> items;
    for (std::uint64_t i = 0; i < map.count; ++i) {
      const MsgpackHead key = reader_.next(Kind::kText, "a number as a key");
      const std::optional<std::uint64_t> number = parse_number(key.bytes);
      if (!number || *number >= map.count || !items.emplace(*number, read()).second)
        reader_.fail(key.begin,
                     fmt::format("'{}' is not a number from 0 to {}, once", printable(key.bytes), map.count - 1));
    }
    std::vector<Item> made;
    for (auto& [number, item] : items) made.push_back(std::move(item));
    return made;
  }

  static std::optional<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return std::nullopt;
      value = 10 * value + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

  FlaxArray joined(const MsgpackHead& map, std::vector<std::int64_t> sizes, std::vector<FlaxArray> chunks) const {
    FlaxArray made{chunks[0].path, map.begin, chunks[0].type, std::move(sizes), {}};
    for (const FlaxArray& chunk : chunks) {
      if (chunk.type != made.type || chunk.shape.size() != 1)
        fail(chunk.begin, made.path, "a chunk of another type, or of more than one dimension");
      made.pieces.push_back(chunk.pieces[0]);
    }
    check_bytes(made);
    return made;
  }

  std::filesystem::path path_;
  std::string_view file_;
  MsgpackReader reader_;
  std::vector<FlaxArray> arrays_;
};

}  // namespace

std::string name_from_flax(const std::string& path) {
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '.');
  for (const std::string_view last : {".kernel", ".scale", ".embedding"})
    if (name.ends_with(last)) return name.substr(0, name.size() - last.size()) + ".weight";
  return name;
}

FlaxFile::FlaxFile(const std::filesystem::path& path) : TensorFile(path), file_(path) {
  for (FlaxArray& array : ParameterWalk(path, file_.bytes()).arrays()) {
    const bool kernel = array.path.ends_with("/kernel");
    if (kernel && array.shape.size() != 2)
      throw core::FileError::at_byte(path.string(), array.begin,
                                     fmt::format("'{}': a kernel of shape [{}], expected two dimensions",
                                                 printable(array.path), fmt::join(array.shape, ", ")));
    if (kernel) std::swap(array.shape[0], array.shape[1]);
    const std::string name = name_from_flax(array.path);
    add(name, {array.type, array.shape, array.pieces.front().first, array.pieces.back().second});
    sources_.emplace(name, Source{kernel, std::move(array.pieces)});
  }
}

at::Tensor FlaxFile::read(const std::string& name) const {
  const TensorEntry& stored = entry(name);
  const Source& source = sources_.at(name);
  std::vector<std::int64_t> shape = stored.shape;
  if (source.transposed) std::swap(shape[0], shape[1]);
  at::Tensor tensor = at::empty(shape, stored.type);
  auto* to = static_cast<char*>(tensor.mutable_data_ptr());
  for (const auto& [begin, end] : source.pieces) {
    file_.copy(begin, end, to);
    to += end - begin;
  }
  return source.transposed ? tensor.t().contiguous() : tensor;
}

}  // namespace checkpoint
