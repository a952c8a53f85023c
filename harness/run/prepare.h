// What must be good before a run starts: tasks that load, models that open.
#pragma once

#include <vector>

#include "harness/run/run.h"

namespace run {

struct Prepared {
  std::vector<tasks::LoadedTask> tasks;
  std::vector<Model> backbones, scorers;
};

/// Loads every task of the experiment. Throws core::ConfigError or core::FileError; a task that the experiment has no
/// model or method for, and one without instances, are errors too.
std::vector<tasks::LoadedTask> load_tasks(const RunRequest& request);

/// Finds every model, and makes those with random weights under `store`/models where they are not there yet. Throws.
std::vector<Model> resolve_models(const std::vector<ModelChoice>& choices, const std::filesystem::path& store,
                                  const ModelSource& source, const Say& say);

/// Opens every model once, in the reverse order of use, so that the one that is used first is the one that stays open.
/// Throws.
void check_models(const Prepared& prepared, OpenModel& open);

/// What the results were made from: for inputs.json.
core::Json describe_inputs(const Prepared& prepared);

}  // namespace run
