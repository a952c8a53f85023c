#include "backbones/checkpoint/safetensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <utility>

#include "backbones/checkpoint/printable.h"
#include "harness/core/errors.h"
#include "harness/core/json.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::size_t kMostDimensions = 64;       // torch's own limit
constexpr std::uint64_t kMaxHeader = 10'000'000;  // a tenth of the reference's limit; 100,000 tensors fit

struct TypeName {
  std::string_view name;
  at::ScalarType type;
};

// In the order of the reference's enumeration, which decides the order of a written file.
constexpr std::array<TypeName, 10> kTypes{{{"BOOL", at::kBool},
                                           {"U8", at::kByte},
                                           {"I8", at::kChar},
                                           {"I16", at::kShort},
                                           {"F16", at::kHalf},
                                           {"BF16", at::kBFloat16},
                                           {"I32", at::kInt},
                                           {"F32", at::kFloat},
                                           {"F64", at::kDouble},
                                           {"I64", at::kLong}}};

std::size_t type_rank(at::ScalarType type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return t.type == type; });
  if (found == kTypes.end())
    throw std::invalid_argument(fmt::format("safetensors: no type for {}", c10::toString(type)));
  return static_cast<std::size_t>(found - kTypes.begin());
}

/// Where a header is wrong: the file and the byte that the message is about.
class HeaderReader {
 public:
  HeaderReader(const std::filesystem::path& path, std::string_view bytes) : path_(path.string()), bytes_(bytes) {}

  std::map<std::string, TensorEntry> entries() {
    const core::Json header = parse();
    std::map<std::string, TensorEntry> entries;
    for (const auto& [name, value] : header.as_object()) {
      if (name == "__metadata__") {
        check_metadata(value);
      } else {
        entries.emplace(name, entry(name, value));
      }
    }
    check_coverage(entries);
    return entries;
  }

 private:
  [[noreturn]] void fail(std::uint64_t byte, const std::string& message) const {
    throw core::FileError::at_byte(path_, byte, "safetensors: " + message);
  }

  core::Json parse() {
    if (bytes_.size() < kLengthBytes) fail(bytes_.size(), "the file ends within the 8 bytes of the header's length");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
      length |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    if (length > kMaxHeader) fail(0, fmt::format("header length {} is above the limit of {}", length, kMaxHeader));
    if (length > bytes_.size() - kLengthBytes)
      fail(0, fmt::format("header length {} does not fit a file of {} bytes", length, bytes_.size()));
    data_ = kLengthBytes + length;
    const std::string_view text = bytes_.substr(kLengthBytes, length);
    if (text.empty() || text.front() != '{') fail(kLengthBytes, "the header does not begin with '{'");
    try {
      return core::parse_json(text);
    } catch (const std::exception& error) {
      fail(kLengthBytes, fmt::format("the header is not JSON: {}", error.what()));
    }
  }

  void check_metadata(const core::Json& metadata) const {
    if (!metadata.is_object()) fail(place("__metadata__"), "__metadata__ is not an object");
    for (const auto& [key, value] : metadata.as_object())
      if (!value.is_string())
        fail(place("__metadata__"), fmt::format("__metadata__: '{}' is not a string", printable(key)));
  }

  TensorEntry entry(const std::string& name, const core::Json& value) const {
    const auto wrong = [&](const std::string& message) {
      fail(place(name), fmt::format("'{}': {}", printable(name), message));
    };
    if (!value.is_object()) wrong("expected an object, found " + value.kind());
    for (const auto& [key, unused] : value.as_object())
      if (key != "dtype" && key != "shape" && key != "data_offsets")
        wrong(fmt::format("unknown key '{}'", printable(key)));
    try {
      TensorEntry made;
      made.type = type_of(value.at("dtype").as_string());
      made.shape = sizes(value.at("shape"));
      const std::vector<std::int64_t> offsets = sizes(value.at("data_offsets"));
      if (offsets.size() != 2 || offsets[0] > offsets[1]) throw std::runtime_error("data_offsets are not [begin, end]");
      check_extent(made, offsets);
      made.begin = data_ + static_cast<std::uint64_t>(offsets[0]);
      made.end = data_ + static_cast<std::uint64_t>(offsets[1]);
      return made;
    } catch (const core::FileError&) {
      throw;
    } catch (const std::exception& error) {
      wrong(error.what());
    }
    throw std::logic_error("unreachable");
  }

  static at::ScalarType type_of(const std::string& name) {
    for (const TypeName& known : kTypes)
      if (known.name == name) return known.type;
    throw std::runtime_error(
        fmt::format("dtype '{}' is not one of F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL", printable(name)));
  }

  static std::vector<std::int64_t> sizes(const core::Json& list) {
    if (list.as_array().size() > kMostDimensions)
      throw std::runtime_error(fmt::format("a list of {} numbers", list.as_array().size()));
    std::vector<std::int64_t> made;
    for (const core::Json& item : list.as_array()) {
      const std::int64_t size = item.as_integer();
      if (size < 0) throw std::runtime_error(fmt::format("negative number {}", size));
      made.push_back(size);
    }
    return made;
  }

  void check_extent(const TensorEntry& tensor, const std::vector<std::int64_t>& offsets) const {
    const std::uint64_t bytes = tensor_bytes(tensor.type, tensor.shape);
    const auto held = static_cast<std::uint64_t>(offsets[1] - offsets[0]);
    if (held != bytes)
      throw std::runtime_error(fmt::format("shape [{}] of {} needs {} bytes, data_offsets hold {}",
                                           fmt::join(tensor.shape, ", "), c10::toString(tensor.type), bytes, held));
    if (static_cast<std::uint64_t>(offsets[1]) > bytes_.size() - data_)
      throw std::runtime_error(fmt::format("data end at byte {}, the file at byte {}: cut off?",
                                           data_ + static_cast<std::uint64_t>(offsets[1]), bytes_.size()));
  }

  /// The tensors must follow each other from the first byte of data to the last byte of the file.
  void check_coverage(const std::map<std::string, TensorEntry>& entries) const {
    std::vector<std::pair<const std::string*, const TensorEntry*>> order;
    for (const auto& [name, tensor] : entries) order.emplace_back(&name, &tensor);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
    });
    std::uint64_t at = data_;
    for (const auto& [name, tensor] : order) {
      if (tensor->begin != at)
        fail(std::min(at, tensor->begin),
             fmt::format("'{}' begins at byte {}, expected {}: {}", printable(*name), tensor->begin, at,
                         tensor->begin < at ? "tensors overlap" : "a hole between tensors"));
      at = tensor->end;
    }
    if (at != bytes_.size()) fail(at, fmt::format("{} bytes after the last tensor", bytes_.size() - at));
  }

  /// The byte of a tensor's name in the header, for messages.
  std::uint64_t place(const std::string& name) const {
    const std::size_t found = bytes_.substr(0, data_).find("\"" + name + "\"", kLengthBytes);
    return found == std::string_view::npos ? kLengthBytes : found;
  }

  std::string path_;
  std::string_view bytes_;
  std::uint64_t data_ = 0;  // first byte of the tensors
};

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : TensorFile(path), file_(std::make_shared<MappedFile>(path)) {
  for (auto& [name, stored] : HeaderReader(path, file_->bytes()).entries()) add(name, std::move(stored));
}

at::Tensor SafetensorsFile::read(const std::string& name) const {
  const TensorEntry& stored = entry(name);
  at::Tensor tensor = at::empty(stored.shape, stored.type);
  file_->copy(stored.begin, stored.end, tensor.mutable_data_ptr());  // the offset need not suit the element's size
  return tensor;
}

at::Tensor SafetensorsFile::view(const std::string& name) const {
  const TensorEntry& stored = entry(name);
  const char* begin = file_->bytes().data() + stored.begin;
  if (stored.begin == stored.end || reinterpret_cast<std::uintptr_t>(begin) % c10::elementSize(stored.type) != 0)
    return read(name);
  const auto release = [file = file_, from = stored.begin, to = stored.end](void*) { file->release(from, to); };
  return at::from_blob(const_cast<char*>(begin), stored.shape, release, at::TensorOptions(stored.type));
}

namespace {

std::string header_text(const std::vector<NewTensor>& tensors) {
  core::Json::Object header{{"__metadata__", core::Json::Object{{"format", "pt"}}}};
  std::int64_t at = 0;
  for (const NewTensor& tensor : tensors) {
    const auto end = at + static_cast<std::int64_t>(tensor_bytes(tensor.type, tensor.shape));
    core::Json::Array shape(tensor.shape.begin(), tensor.shape.end());
    header.emplace_back(tensor.name, core::Json::Object{{"dtype", kTypes[type_rank(tensor.type)].name},
                                                        {"shape", std::move(shape)},
                                                        {"data_offsets", core::Json::Array{at, end}}});
    at = end;
  }
  std::string text = core::write_json(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

void write_all(const std::filesystem::path& path, const std::vector<NewTensor>& tensors,
               const std::function<at::Tensor(const NewTensor&)>& read) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const std::string header = header_text(tensors);
  for (std::size_t i = 0; i < kLengthBytes; ++i) out.put(static_cast<char>(header.size() >> (8 * i)));
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const NewTensor& planned : tensors) {
    const at::Tensor tensor = read(planned).detach().cpu().contiguous();
    if (tensor.scalar_type() != planned.type || tensor.sizes() != at::IntArrayRef(planned.shape))
      throw std::invalid_argument(fmt::format("safetensors: '{}' is not the tensor that was announced", planned.name));
    out.write(static_cast<const char*>(tensor.const_data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
  }
  out.close();
  const int descriptor = out ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  const bool safe = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!safe) throw core::FileError(path.string(), "cannot be written (is the disk full?)");
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::vector<NewTensor> tensors,
                       const std::function<at::Tensor(const NewTensor&)>& read) {
  std::sort(tensors.begin(), tensors.end(), [](const NewTensor& a, const NewTensor& b) {
    const std::size_t first = type_rank(a.type), second = type_rank(b.type);
    return first != second ? first > second : a.name < b.name;
  });
  const std::filesystem::path temporary = path.string() + fmt::format(".{}.tmp", ::getpid());
  try {
    write_all(temporary, tensors, read);
    std::filesystem::rename(temporary, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors) {
  std::vector<NewTensor> planned;
  for (const auto& [name, tensor] : tensors) planned.push_back({name, tensor.sizes().vec(), tensor.scalar_type()});
  write_safetensors(path, std::move(planned), [&](const NewTensor& tensor) { return tensors.at(tensor.name); });
}

}  // namespace checkpoint
