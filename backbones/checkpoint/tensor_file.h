// One file of tensors, whatever its format. Opening a file checks everything that it says of itself: names, types,
// shapes and the place of every byte. Tensors are then read one by one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace checkpoint {

struct TensorEntry {
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes of the file, from the first element to the last
};

class TensorFile {
 public:
  explicit TensorFile(std::filesystem::path path) : path_(std::move(path)) {}
  virtual ~TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// By PyTorch's names, with PyTorch's shapes.
  const std::map<std::string, TensorEntry>& entries() const { return entries_; }
  /// A contiguous copy of the tensor, in its stored type. Releases the mapped pages behind it: they do not count as
  /// memory of the process. Throws core::FileError where there is no such tensor.
  virtual at::Tensor read(const std::string& name) const = 0;
  /// The tensor in place, read-only, where the format keeps it so that it can be used there; else a copy as `read`
  /// makes it. Its pages are released when the last tensor over it goes.
  virtual at::Tensor view(const std::string& name) const { return read(name); }

 protected:
  /// Throws core::FileError where there is a tensor of that name, or the name is no short line of text.
  void add(const std::string& name, TensorEntry entry);
  /// Throws core::FileError where there is none.
  const TensorEntry& entry(const std::string& name) const;

  std::filesystem::path path_;

 private:
  std::map<std::string, TensorEntry> entries_;
};

/// Bytes of a tensor of that type and shape. Throws std::runtime_error where a size is negative or the product
/// overflows.
std::uint64_t tensor_bytes(at::ScalarType type, const std::vector<std::int64_t>& shape);

}  // namespace checkpoint
