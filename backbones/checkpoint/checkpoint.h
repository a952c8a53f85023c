// The weights of a model folder: each tensor is taken once, by name and shape, and nothing may be left over.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/options.h"

namespace checkpoint {

/// A tensor that an architecture needs.
struct TensorShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

class Checkpoint {
 public:
  /// Opens model.safetensors, or the shards of model.safetensors.index.json. `weights`: every tensor is rounded to this
  /// format when it is taken. Throws core::FileError.
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

 private:
  std::filesystem::path folder_;
  std::optional<backbones::NumberFormat> weights_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, std::size_t> where_;  // tensor -> index into files_
  std::set<std::string> taken_;

  void open_file(const std::filesystem::path& path);
  void open_shards(const std::filesystem::path& index);
  const TensorEntry& entry(const std::string& name) const;
  const std::filesystem::path& file_of(const std::string& name) const { return files_[where_.at(name)].path(); }
};

}  // namespace checkpoint
