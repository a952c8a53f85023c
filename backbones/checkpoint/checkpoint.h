// The weights of a model folder, in any of the formats that are published: each tensor is taken once, by name and
// shape, and nothing may be left over.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/checkpoint/tensor_file.h"
#include "backbones/options.h"

namespace checkpoint {

/// A tensor that an architecture needs.
struct TensorShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// A tensor that a folder has.
struct StoredTensor {
  std::string name;                 // as PyTorch names it
  std::vector<std::int64_t> shape;  // as PyTorch lays it out
  at::ScalarType type;              // as stored
  std::filesystem::path file;
};

class Checkpoint {
 public:
  /// Opens the first of model.safetensors, pytorch_model.bin, flax_model.msgpack that is there, each also as the shards
  /// of its .index.json. `weights`: every tensor is rounded to this format when it is taken. Throws core::FileError.
  Checkpoint(const std::filesystem::path& folder, std::optional<backbones::NumberFormat> weights);

  const std::filesystem::path& folder() const { return folder_; }
  bool has(const std::string& name) const;
  /// Compares names and shapes with what an architecture needs, before any weight is read. Throws core::FileError with
  /// the complete lists of missing, mis-shaped and unused tensors; `tolerated` ones may be there or not.
  void require(const std::vector<TensorShape>& needed, const std::vector<std::string>& tolerated) const;
  /// The tensor as float32, after rounding. Throws core::FileError where it is absent, of another shape, or not finite.
  at::Tensor take(const std::string& name, at::IntArrayRef shape);
  /// A tensor that the reference itself leaves unused: may be there or not.
  void tolerate(const std::string& name);
  /// Throws core::FileError with the list of tensors that nobody took.
  void finish() const;

  /// The files that were opened: the index, where there is one, then those with tensors, by name.
  std::vector<std::filesystem::path> files() const;
  /// Everything in them, by name. Tied weights of a .bin file come under each of their names.
  std::vector<StoredTensor> tensors() const;
  /// A tensor as it is stored, neither rounded nor checked to be finite. Throws core::FileError where it is absent.
  at::Tensor read(const std::string& name) const;

 private:
  struct Place {
    std::size_t file = 0;  // index into files_
    std::string name;      // as the file has it
  };

  std::filesystem::path folder_;
  std::optional<backbones::NumberFormat> weights_;
  std::optional<std::filesystem::path> index_;
  std::vector<std::unique_ptr<TensorFile>> files_;
  std::map<std::string, Place> where_;
  std::set<std::string> taken_;

  void open_first();
  void open_file(const std::filesystem::path& path);
  void open_shards(const std::filesystem::path& index);
  const Place& place(const std::string& name) const;
  const TensorFile& file_of(const std::string& name) const { return *files_[where_.at(name).file]; }
  const TensorEntry& entry(const std::string& name) const;
};

}  // namespace checkpoint
