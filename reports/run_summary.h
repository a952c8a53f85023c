// What a report is made of: the result rows of a run, its counters and a few facts about it. A run folder holds them as
// `summary.json`, `results.jsonl` and `counters.jsonl`, so that a report can be made again without the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/records.h"

namespace reports {

/// What was cut on the way, per task and backbone: each cut can lower a number without a trace in it.
struct TaskCounters {
  std::string task;
  std::string backbone;  // empty where none is involved
  std::int64_t instances = 0;
  std::int64_t inputs_cut = 0;                           // instructions longer than the backbone may read
  std::int64_t outputs = 0, outputs_at_limit = 0;        // candidates, and those that ended at the length limit
  std::int64_t self_scored = 0, self_scored_cut = 0;     // responses, and those longer than a self-score may read
  std::int64_t pairs = 0, pairs_cut = 0;                 // of the scorer; those longer than it may read
  std::int64_t references = 0, references_too_long = 0;  // references longer than an output can be
};

core::Json to_json(const TaskCounters& counters);
TaskCounters counters_from_json(const core::Json& json);

struct RunSummary {
  std::string experiment;
  std::string protocol;
  std::string setting;                     // one sentence: seeds, limit
  std::vector<std::string> random_models;  // models whose weights are random
  std::vector<core::ResultRow> rows;       // by task, then method
  std::vector<TaskCounters> counters;
};

/// The three files' contents.
std::string summary_json(const RunSummary& summary);
std::string results_jsonl(const RunSummary& summary);
std::string counters_jsonl(const RunSummary& summary);

/// Reads a run folder. Throws core::FileError that names the file and the line.
RunSummary read_run(const std::filesystem::path& folder);

}  // namespace reports
