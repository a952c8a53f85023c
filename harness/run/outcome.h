// From the values of the stages to what a reader wants: which response each method picks for each instance, how good it
// is, the means, and what was cut. A pure function of its inputs, computed anew each time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "harness/run/experiment.h"
#include "harness/run/stages.h"
#include "reports/run_summary.h"

namespace run {

/// All that is known of one task under one backbone. Lists are per instance; an empty one means that nobody asked for
/// it.
struct Evidence {
  std::string task;
  core::TaskKind kind = core::TaskKind::kGeneration;
  std::string backbone;  // name; empty where none is involved
  std::vector<core::Instance> instances;
  std::vector<Generated> generated;         // generation only
  std::vector<Responses> responses;         // candidates' texts or choices
  std::vector<std::vector<double>> metric;  // generation only: Rouge-L, or what the experiment has instead
  std::vector<SelfScored> self_scored;
  /// By response: its log-likelihood as the answer to an empty instruction.
  std::map<std::string, double> unconditional = {};
  std::vector<std::vector<Scored>> scored;  // [scorer][instance], in the order of the experiment's scorers
};

struct Outcome {
  std::vector<std::string> lines;                   // instances/<task>.<backbone>.jsonl
  std::vector<core::ResultRow> rows;                // a row per method that applies to the kind of task
  std::vector<reports::TemplateRow> template_rows;  // a row per method and template
  reports::TaskCounters counters;
};

/// A method that lacks a value for one instance (a log-likelihood that nobody knows) has none for the task: its row is
/// empty, and the instance has no prediction of it. Throws std::runtime_error where a classification instance has no
/// label, or a decoding gave no draw 0.
Outcome judge(const Experiment& experiment, const Evidence& evidence);

}  // namespace run
