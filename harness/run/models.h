// The models of an experiment: where their files are, what their bytes are, and who opens them. At most one is in
// memory at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "cappy/scorer.h"
#include "harness/core/hash.h"
#include "harness/hub/model_folder.h"
#include "harness/run/command_metric.h"
#include "harness/run/experiment.h"
#include "harness/run/store.h"

namespace run {

/// A model whose folder is known.
struct Model {
  ModelChoice choice;
  std::filesystem::path folder;
  std::string sha256;        // of its configuration, tokenizer and weights
  bool is_random = false;    // its weights were never trained
  core::Json external = {};  // the key of a program or of records; null: a model of ours

  backbones::ModelOptions options() const;
  /// What of the model can change a result: content, rounding of weights, arithmetic, kind of device; of a program its
  /// words and the files among them.
  core::Json key() const;
};

/// SHA-256 of a model folder: names and contents of the files that a loader reads; of several formats of weights the
/// one that it takes. `hash_file` gives the SHA-256 of one. Throws core::FileError.
using FileHash = std::function<std::string(const std::filesystem::path& file)>;
std::string hash_model_folder(const std::filesystem::path& folder, const FileHash& hash_file = core::sha256_file);

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
  /// A model of the Hub as a folder. Throws hub::HubError, core::ConfigError; nullptr: none can be had.
  std::function<hub::ModelFolder(const hub::Repository&)> fetch = nullptr;
};

/// The loaders of `backbones` and `cappy`.
ModelSource real_models();

/// What programs need of a run.
struct ProgramSupport {
  std::function<void(const std::string&)> log;  // gets what they say on standard error
  std::function<void(const StageKey&)> forget;  // a stage's result, finished or not
};

/// Keeps the model that was asked for last, and no other.
class OpenModel {
 public:
  explicit OpenModel(const ModelSource& source, ProgramSupport support = {})
      : source_(source), support_(std::move(support)) {}
  backbones::Backbone& backbone(const Model& model);
  cappy::Scorer& scorer(const Model& model);
  CommandMetric& metric(const Model& model);

  /// The model that is open has computed a part of this stage's result.
  void note_result(const StageKey& key) { results_.push_back(key); }
  /// Forgets all that the model that is open has computed: which answer belongs to which question is not known.
  void forget_results();
  /// Ends the model that is open. Throws backbones::CommandError where a program had more to say than it was asked;
  /// what it computed is then forgotten, unless its answers said what they belong to.
  void close();

 private:
  void finish();

  const ModelSource& source_;
  ProgramSupport support_;
  std::string open_;  // of which model, by role, folder and options
  std::unique_ptr<backbones::Backbone> backbone_;
  std::unique_ptr<cappy::Scorer> scorer_;
  std::unique_ptr<CommandMetric> metric_;
  std::vector<StageKey> results_;
};

}  // namespace run
