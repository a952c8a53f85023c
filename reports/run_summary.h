// What a report is made of: the result rows of a run, its counters and a few facts about it. A run folder holds them as
// `summary.json`, `results.jsonl`, `templates.jsonl`, `counters.jsonl` and `data.jsonl`, so that a report can be made
// again without the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "harness/metrics/averages.h"

namespace reports {

/// What was cut on the way, per task and backbone: each cut can lower a number without a trace in it. Of a program or
/// of records much is not known: what is unknown is in no count.
struct TaskCounters {
  std::string task;
  std::string backbone;  // empty where none is involved
  std::int64_t instances = 0;
  std::int64_t inputs = 0, inputs_cut = 0;               // instructions, and those longer than the backbone may read
  std::int64_t outputs = 0, outputs_at_limit = 0;        // candidates, and those that ended at the length limit
  std::int64_t self_scored = 0, self_scored_cut = 0;     // responses, and those longer than a self-score may read
  std::int64_t pairs = 0, pairs_cut = 0;                 // of the scorer; those longer than it may read
  std::int64_t references = 0, references_too_long = 0;  // references longer than an output can be
  std::int64_t responses = 0, empty_responses = 0;       // candidates or choices, and those without a byte
};

core::Json to_json(const TaskCounters& counters);
TaskCounters counters_from_json(const core::Json& json);

/// A method's mean under one template of a task.
struct TemplateRow {
  std::string template_name;
  core::ResultRow row;
};

core::Json to_json(const TemplateRow& row);
TemplateRow template_row_from_json(const core::Json& json);

/// A model of the run that had a task's set in training, and the family by which that is known.
struct SeenBy {
  std::string model, family;
};

/// Where the rows of a task came from, and what became of them.
struct TaskData {
  std::string task;
  std::string source;    // "aps/super_glue rte", "BIG-bench codenames"
  std::string revision;  // of the source; empty where it has none
  std::string origin;    // "sources", "data folder", "Hub", "beside the task"
  std::string split;
  std::int64_t rows = 0, templates = 0, instances = 0;
  std::int64_t skipped = 0;           // (row, template) pairs to which the template does not apply
  std::int64_t unlabelled = 0;        // rows left out for want of a label
  std::int64_t empty_references = 0;  // instances with a reference of white space alone
  std::int64_t cut_values = 0;        // (row, template) pairs with a value that PromptSource cut
  std::int64_t shots = 0;             // solved examples in front of each instruction
  bool unproven = false;              // the rows were never compared with an independent source
  std::vector<SeenBy> seen_by;
  std::vector<std::string> warnings;  // a count other than the pinned one
};

core::Json to_json(const TaskData& data);
TaskData task_data_from_json(const core::Json& json);

struct RunSummary {
  std::string experiment;
  std::string protocol;
  std::string setting;                     // one sentence: seeds, limit
  std::vector<std::string> random_models;  // models whose weights are random
  std::vector<core::ResultRow> rows;       // by task, then method
  std::vector<TaskCounters> counters;
  metrics::Averages averages;
  std::vector<TemplateRow> template_rows;
  std::vector<TaskData> data;
};

/// The files' contents.
std::string summary_json(const RunSummary& summary);
std::string results_jsonl(const RunSummary& summary);
std::string counters_jsonl(const RunSummary& summary);
std::string templates_jsonl(const RunSummary& summary);
std::string data_jsonl(const RunSummary& summary);

/// Reads a run folder. Throws core::FileError that names the file and the line.
RunSummary read_run(const std::filesystem::path& folder);

}  // namespace reports
