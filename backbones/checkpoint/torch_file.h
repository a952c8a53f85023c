// What torch.save writes of a state dict: pytorch_model.bin, in the zip form (since PyTorch 1.6) and the form before
// it. A pickle says which tensor is which part of which storage. It is read by a machine that knows sixteen names and
// calls nothing (pickle.h): nothing in a file can run. Storages are mapped where they lie; compressed entries are
// refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backbones/checkpoint/mapped_file.h"
#include "backbones/checkpoint/tensor_file.h"

namespace checkpoint {

class TorchFile : public TensorFile {
 public:
  explicit TorchFile(const std::filesystem::path& path);  // throws core::FileError
  at::Tensor read(const std::string& name) const override;

 private:
  MappedFile file_;
  std::map<std::string, std::vector<std::int64_t>> strides_;  // in elements
};

}  // namespace checkpoint
