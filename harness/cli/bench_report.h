// What `cappy bench` measured, as a table for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "backbones/options.h"
#include "harness/cli/bench_jobs.h"
#include "harness/cli/bench_machine.h"

namespace cli {

/// What was measured of one job.
struct JobResult {
  BenchJob job = BenchJob::kTokenize;
  std::vector<double> seconds;  // of each pass
  double others = 0;            // share of the machine that other programs used meanwhile
  Pass pass;                    // counts of a pass, and the highest peak of memory

  double median() const;
};

struct BenchResult {
  backbones::ModelOptions model;
  int threads = 0;
  std::string family;  // of the model: "t5"
  MachineRoof roof;
  double idle_before = 0, idle_after = 0;
  std::vector<JobResult> jobs;
};

/// Model, machine and a line for every job; ends with a newline.
std::string bench_text(const BenchResult& result);
/// One object of the same, indented, with every pass's seconds.
std::string bench_json(const BenchResult& result);

}  // namespace cli
