// What must be good before a run starts: tasks that load, models that open.
#pragma once

#include <optional>
#include <vector>

#include "harness/run/known_models.h"
#include "harness/run/run.h"

namespace run {

/// Where models are made, what is known of them, and who is told.
struct ModelStore {
  std::filesystem::path folder;
  KnownModels& known;
  const Say& say;

  FileHash hash_file() const {
    return [this](const std::filesystem::path& file) { return known.sha256(file); };
  }
};

struct Prepared {
  std::vector<tasks::LoadedTask> tasks;
  std::vector<Model> backbones, scorers;
  std::optional<Model> metric = {};  // of generation tasks; absent: Rouge-L
};

/// Loads every task of the experiment. Throws core::ConfigError or core::FileError; a task that the experiment has no
/// model or method for, and one without instances, are errors too.
std::vector<tasks::LoadedTask> load_tasks(const RunRequest& request);

/// Fetches every model of the Hub, and notes its folder and commit in the experiment. Throws core::ConfigError, with
/// file and line, and what the Hub's client throws.
void fetch_models(Experiment& experiment, const ModelSource& source);

/// Finds every model, and makes those with random weights where they are not there yet. Throws.
std::vector<Model> resolve_models(const std::vector<ModelChoice>& choices, const ModelSource& source,
                                  ModelStore& store);

/// A program or recorded answers as a model.
Model resolve_external(const ModelChoice& choice);

/// Opens every model that the store does not know to open, in the reverse order of use, so that the one that is used
/// first is the one that stays open. Throws.
void check_models(const Prepared& prepared, OpenModel& open, KnownModels& known);

/// What the results were made from: for inputs.json.
core::Json describe_inputs(const Prepared& prepared);

}  // namespace run
