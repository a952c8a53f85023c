// What flax.serialization writes of nested parameters: flax_model.msgpack. MessagePack maps, whose leaves are arrays
// (extension 1: shape, name of the type, bytes); arrays above 1 GiB come in chunks. Names become PyTorch's, and kernels
// are transposed, as transformers does it between the two.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backbones/checkpoint/mapped_file.h"
#include "backbones/checkpoint/tensor_file.h"

namespace checkpoint {

/// PyTorch's name of a parameter whose path in Flax is `path`, joined by '/': "a/kernel", "a/scale" and "a/embedding"
/// are "a.weight".
std::string name_from_flax(const std::string& path);

class FlaxFile : public TensorFile {
 public:
  explicit FlaxFile(const std::filesystem::path& path);  // throws core::FileError
  at::Tensor read(const std::string& name) const override;

 private:
  struct Source {
    bool transposed = false;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;  // [begin, end) in the file
  };
  MappedFile file_;
  std::map<std::string, Source> sources_;
};

}  // namespace checkpoint
