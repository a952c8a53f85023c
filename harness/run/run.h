// The run: tasks x backbones x decodings -> candidates -> Rouge-L -> scores -> selection -> rows -> report, each arrow
// a stage of the store. Everything is read and every model is opened once before the first stage computes: a run with
// bad input does not start.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/progress.h"
#include "harness/run/environment.h"
#include "harness/run/experiment.h"
#include "harness/run/models.h"
#include "harness/run/store.h"
#include "reports/run_summary.h"
#include "tasks/library.h"
#include "tasks/load_task.h"

namespace run {

struct RunRequest {
  Experiment experiment;
  tasks::Library library;      // the tasks that the experiment may name
  tasks::Places places;        // of data sets
  std::filesystem::path runs;  // run folders; the store is `runs`/store
  core::ProgressMode progress = core::ProgressMode::kAuto;
  std::int64_t batch_tokens = 0;  // tokens computed at once; 0: by memory. Never changes a result
  Environment environment;
};

struct RunResult {
  std::filesystem::path folder;  // runs/<experiment>
  reports::RunSummary summary;
  std::int64_t computed = 0;  // instances that were not in the store, over all stages
};

/// Runs an experiment. `tell` gets a line per stage. Throws core::ConfigError, core::FileError, and then leaves earlier
/// results as they were.
RunResult execute(const RunRequest& request, const ModelSource& models, const Say& tell);

}  // namespace run
