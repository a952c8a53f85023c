// The safetensors format: 8 bytes of header length, JSON, tensors. Every byte must be accounted for: a header that lies
// (holes, overlaps, sizes that do not fit the shape or the file) is refused with the byte.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backbones/checkpoint/mapped_file.h"
#include "backbones/checkpoint/tensor_file.h"

namespace checkpoint {

class SafetensorsFile : public TensorFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);  // throws core::FileError
  at::Tensor read(const std::string& name) const override;
  at::Tensor view(const std::string& name) const override;

 private:
  std::shared_ptr<const MappedFile> file_;  // views outlive this object
};

/// A tensor that is to be written.
struct NewTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  at::ScalarType type;
};

/// Writes tensors, of which `read` gives one at a time, as the reference writer does: by falling type, then name;
/// header padded to 8 bytes, `{"format": "pt"}` as metadata (transformers asks for it). Atomic; throws core::FileError.
void write_safetensors(const std::filesystem::path& path, std::vector<NewTensor> tensors,
                       const std::function<at::Tensor(const NewTensor&)>& read);
/// The same of tensors that are in memory.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors);

}  // namespace checkpoint
