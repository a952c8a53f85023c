#include "harness/run/models.h"

#include <algorithm>
#include <vector>

#include "backbones/command_backbone.h"
#include "cappy/command_scorer.h"
#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/hub/model_files.h"
#include "harness/run/recorded_backbone.h"
#include "harness/run/recorded_scorer.h"

namespace run {
namespace {

using core::Json;

std::string identity(const std::string& role, const Model& model) {
  return core::write_json(Json::Array{role, model.folder.string(), model.key()});
}

}  // namespace

backbones::ModelOptions Model::options() const {
  return {folder, choice.dtype, choice.weights, choice.device, choice.label};
}

Json Model::key() const {
  if (!external.is_null()) return external;
  Json::Object key{{"sha256", sha256},
                   {"weights", choice.weights ? Json(backbones::to_string(*choice.weights)) : Json()},
                   {"dtype", backbones::to_string(choice.dtype)},
                   {"device", choice.device.substr(0, choice.device.find(':'))}};
  if (!choice.label.empty()) key.emplace_back("label", choice.label);
  return key;
}

std::string hash_model_folder(const std::filesystem::path& folder, const FileHash& hash_file) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  core::Hasher hasher;
  for (const std::string& name : hub::files_of_model(names))
    hasher.add(core::write_json(Json::Array{name, hash_file(folder / name)}) + "\n");
  return hasher.hex();
}

void OpenModel::finish() {
  if (backbone_) backbone_->finish();
  if (scorer_) scorer_->finish();
  if (metric_) metric_->finish();
}

void OpenModel::forget_results() {
  for (const StageKey& key : results_) support_.forget(key);
  results_.clear();
}

void OpenModel::close() {
  open_.clear();
  try {
    finish();
  } catch (const backbones::SurplusError& error) {
    forget_results();
    throw backbones::CommandError(std::string(error.what()) + "; what it answered in this run is forgotten");
  }
  results_.clear();
  backbone_.reset();
  scorer_.reset();
  metric_.reset();
}

backbones::Backbone& OpenModel::backbone(const Model& model) {
  if (open_ != identity("backbone", model)) {
    close();
    const ModelChoice& choice = model.choice;
    backbone_ = choice.program    ? backbones::open_command_backbone(choice.program->options(support_.log))
                : choice.recorded ? open_recorded_backbone(*choice.recorded, support_.log)
                                  : source_.open_backbone(model.options());
    open_ = identity("backbone", model);
  }
  return *backbone_;
}

cappy::Scorer& OpenModel::scorer(const Model& model) {
  if (open_ != identity("scorer", model)) {
    close();
    const ModelChoice& choice = model.choice;
    scorer_ = choice.program    ? cappy::open_command_scorer(choice.program->options(support_.log))
              : choice.recorded ? open_recorded_scorer(*choice.recorded)
                                : source_.open_scorer(model.options());
    open_ = identity("scorer", model);
  }
  return *scorer_;
}

CommandMetric& OpenModel::metric(const Model& model) {
  if (open_ != identity("metric", model)) {
    close();
    metric_ = std::make_unique<CommandMetric>(model.choice.name, model.choice.program->options(support_.log));
    open_ = identity("metric", model);
  }
  return *metric_;
}

}  // namespace run
