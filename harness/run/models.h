// The models of an experiment: where their files are, what their bytes are, and who opens them. At most one is in
// memory at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "cappy/scorer.h"
#include "harness/run/experiment.h"

namespace run {

/// A model whose folder is known.
struct Model {
  ModelChoice choice;
  std::filesystem::path folder;
  std::string sha256;      // of its configuration, tokenizer and weights
  bool is_random = false;  // its weights were never trained

  backbones::ModelOptions options() const;
  /// What of the model can change a result: content, rounding of weights, arithmetic, kind of device.
  core::Json key() const;
};

/// SHA-256 of a model folder: names and contents of the files that a loader may read. Throws core::FileError.
std::string hash_model_folder(const std::filesystem::path& folder);

/// How models are made and opened; tests put fakes here.
struct ModelSource {
  std::function<std::unique_ptr<backbones::Backbone>(const backbones::ModelOptions&)> open_backbone;
  std::function<std::unique_ptr<cappy::Scorer>(const backbones::ModelOptions&)> open_scorer;
  /// Writes a model with random weights from a recipe; the folder is whole or absent.
  std::function<void(const std::filesystem::path& recipe, std::uint64_t seed, const std::filesystem::path& folder)>
      make_new;
  std::function<bool(const std::filesystem::path& folder)> has_random_weights;
  /// Throws core::UsageError where this build or machine lacks the device.
  std::function<void(const std::string& device)> check_device = nullptr;
};

/// The loaders of `backbones` and `cappy`.
ModelSource real_models();

/// Keeps the model that was asked for last, and no other.
class OpenModel {
 public:
  explicit OpenModel(const ModelSource& source) : source_(source) {}
  backbones::Backbone& backbone(const Model& model);
  cappy::Scorer& scorer(const Model& model);

 private:
  const ModelSource& source_;
  std::string open_;  // of which model, by role, folder and options
  std::unique_ptr<backbones::Backbone> backbone_;
  std::unique_ptr<cappy::Scorer> scorer_;
};

}  // namespace run
