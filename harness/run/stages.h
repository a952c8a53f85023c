// The stages of a run: functions from texts to JSON Lines through the store. The key of each holds a hash of the very
// texts that it reads beside the model and the settings, so that equal work is shared between experiments and nothing
// stale is ever used.
//
//   generate        instructions, backbone, decodings  -> candidates
//   log-likelihood  instructions, responses, backbone  -> nats and tokens of each response; with no instruction, too
//   rouge           references, responses              -> Rouge-L of each response
//   metric          references, responses, program     -> the value of each response instead
//   score           instructions, responses, scorer    -> score of each response
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "harness/run/models.h"
#include "harness/run/store.h"

namespace run {

/// The responses of one instance: the texts of its candidates, or its choices.
using Responses = std::vector<std::string>;

struct Generated {
  std::vector<core::Candidate> candidates;
  std::int64_t source_tokens_cut = 0;  // this and every other count here: or backbones::kUnknown, null in JSON
  std::int64_t references_too_long = 0;
};

/// Values of an instance's responses, in their order.
struct SelfScored {
  std::vector<double> log_likelihood;  // NaN: unknown, null in JSON
  std::vector<std::int64_t> tokens;
  std::int64_t source_tokens_cut = 0;
  std::int64_t responses_cut = 0;  // responses longer than may be read
};

struct Scored {
  std::vector<double> score;
  std::int64_t pairs_cut = 0;
};

/// What all stages of a run share.
struct StageContext {
  const Experiment& experiment;
  Store& store;
  OpenModel& open;
  std::string provenance;            // of the arithmetic: kernel set and instruction set
  std::vector<core::Json>* timings;  // collects the lines of timings.jsonl
  std::int64_t* computed;            // counts instances that were not in the store
  std::int64_t batch_tokens = 0;     // tokens computed at once; 0: by memory. In no key: it never changes a result
};

/// A task's name and instances, in order.
struct TaskInput {
  std::string name;
  const std::vector<core::Instance>& instances;
};

std::vector<Generated> generate(const StageContext& context, const TaskInput& task, const Model& backbone);
std::vector<SelfScored> self_score(const StageContext& context, const TaskInput& task, const Model& backbone,
                                   const std::vector<Responses>& responses);
/// The log-likelihood of each distinct response as the answer to an empty instruction, of which a backbone reads the
/// special tokens alone (T5: the end of sequence).
std::map<std::string, double> unconditional(const StageContext& context, const TaskInput& task, const Model& backbone,
                                            const std::vector<Responses>& responses);
std::vector<std::vector<double>> annotate(const StageContext& context, const TaskInput& task,
                                          const std::vector<Responses>& responses);
/// The same by a program of the user's.
std::vector<std::vector<double>> measure(const StageContext& context, const TaskInput& task, const Model& metric,
                                         const std::vector<Responses>& responses);
std::vector<Scored> score(const StageContext& context, const TaskInput& task, const Model& scorer,
                          const std::vector<Responses>& responses);

/// The keys alone, for tests: each input of a stage changes its key.
StageKey generate_key(const Experiment& experiment, const TaskInput& task, const Model& backbone);
StageKey self_score_key(const Experiment& experiment, const TaskInput& task, const Model& backbone,
                        const std::vector<Responses>& responses);
StageKey annotate_key(const TaskInput& task, const std::vector<Responses>& responses);
StageKey measure_key(const TaskInput& task, const Model& metric, const std::vector<Responses>& responses);
StageKey score_key(const Experiment& experiment, const TaskInput& task, const Model& scorer,
                   const std::vector<Responses>& responses);

}  // namespace run
