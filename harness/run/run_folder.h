// The folder runs/<name>. Results (config.yaml, inputs.json, instances/, results.jsonl, templates.jsonl,
// counters.jsonl, data.jsonl, data.csv, summary.json, report.md, report.csv) depend on inputs and seeds alone.
// Circumstances (environment.json, timings.jsonl, report_circumstances.md, log) are the rest.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "reports/run_summary.h"

namespace run {

struct RunFiles {
  std::string config;                            // config.yaml
  core::Json inputs;                             // inputs.json
  std::map<std::string, std::string> instances;  // file name -> JSON Lines
  reports::RunSummary summary;
};

/// Writes the results, the report last, and removes instance files of an earlier configuration. Throws core::FileError.
void write_results(const std::filesystem::path& folder, const RunFiles& files);

/// Writes the circumstances.
void write_circumstances(const std::filesystem::path& folder, const core::Json& environment,
                         const std::vector<core::Json>& timings);

}  // namespace run
