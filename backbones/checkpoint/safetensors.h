// The safetensors format: 8 bytes of header length, JSON, tensors. Every byte must be accounted for: a header that lies
// (holes, overlaps, sizes that do not fit the shape or the file) is refused with the byte.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace checkpoint {

struct TensorEntry {
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes of the file
};

/// A mapped file.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);  // throws core::FileError
  const std::map<std::string, TensorEntry>& entries() const { return entries_; }
  /// A copy of the tensor, in its stored type. Releases the mapped pages behind it: they do not count as memory of the
  /// process.
  at::Tensor read(const std::string& name) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Mapping;
  std::filesystem::path path_;
  std::shared_ptr<Mapping> mapping_;
  std::map<std::string, TensorEntry> entries_;
};

/// Writes tensors as the reference writer does: by falling type, then name; header padded to 8 bytes, `{"format":
/// "pt"}` as metadata (transformers asks for it). Atomic; throws core::FileError.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors);

}  // namespace checkpoint
