// The values that flow through a run (docs/architecture.md, "The way of the data"). Each can be written as one JSON
// line and read back. A dataset row (*example*) rendered by a template is an *instance*; a backbone's answer to it a
// *candidate*.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/json_lines.h"

namespace core {

enum class TaskKind { kClassification, kGeneration };

/// A rendered example. Generation has `references`, classification `choices` and `label`.
struct Instance {
  std::string id;                       // unique within a task and split: "<row>" or "<row>/<template>"
  std::string template_name;            // empty where the task has no templates
  std::string instruction;              // what the model reads; the scorer reads nothing else
  std::vector<std::string> references;  // at least one for generation
  std::vector<std::string> choices;     // at least two for classification
  std::optional<std::int64_t> label;    // index into `choices`; absent where the example is unlabelled
  /// Solved examples that stand in front of the instruction where a backbone reads it, the separator that follows the
  /// last of them included; empty for none. In JSON only where there are any.
  std::string shots = {};

  /// What a backbone reads: `shots` and the instruction.
  std::string prompt() const { return shots + instruction; }
};

/// Why a generation stopped: at the end-of-sequence token, at a stop string, or at the length limit. In JSON null where
/// nobody said.
enum class End { kEos, kStop, kLength, kUnknown };

/// Instead of a count of tokens that nobody said; null in JSON.
inline constexpr std::int64_t kUnknownCount = -1;

/// One generated response.
struct Candidate {
  std::string response;           // decoded text, special tokens skipped
  std::string decoding;           // name of the setting: "greedy", "beam4", "sampling", "temp0.9", "topk40", "topp0.95"
  std::int64_t draw = 0;          // 0-based within the decoding
  std::vector<std::int32_t> ids;  // generated tokens, no decoder start, no padding, the end of sequence if it came;
                                  // empty where nobody said them (null in JSON)
  double log_likelihood = 0;  // sum over ids, in nats, under the model's own distribution; NaN: unknown (null in JSON)
  std::int64_t tokens = 0;    // ids.size(); or kUnknownCount
  End end = End::kEos;
};

/// A regression example of the scorer.
struct TrainingPair {
  std::string instruction;
  std::string response;
  double score = 0;  // the label: 1 right, 0 wrong, else Rouge-L in [0, 1]
};

/// What one method chose for one instance, and how good that is.
struct Prediction {
  std::string method;
  std::int64_t choice = -1;  // index of the candidate or choice
  std::string response;
  double value = 0;  // the metric of this instance, in [0, 1]
};

/// One number of a report: a method on a task.
struct ResultRow {
  std::string task;
  TaskKind kind = TaskKind::kGeneration;
  std::string backbone;         // empty where none is involved
  std::string scorer;           // empty where none is involved
  std::string method;           // "beam4", …, "self-score-sum", "self-score-mean", "cappy", "oracle", "random"
  std::string metric;           // "rouge_l" or "accuracy"
  std::optional<double> value;  // mean over instances, a fraction; nothing: the method cannot apply ("n/a")
  std::int64_t n = 0;           // instances
};

/// The field `label` of a choice in the authors' files: 1 right, 0 wrong. Throws std::runtime_error that names it.
bool is_right_choice(const JsonRecord& record);

std::string to_string(TaskKind kind);
std::string to_string(End end);

Json to_json(const Instance& instance);
Json to_json(const Candidate& candidate);
Json to_json(const TrainingPair& pair);
Json to_json(const Prediction& prediction);
Json to_json(const ResultRow& row);

/// Each throws std::runtime_error that names the field.
Instance instance_from_json(const Json& json);
Candidate candidate_from_json(const Json& json);
TrainingPair training_pair_from_json(const Json& json);
Prediction prediction_from_json(const Json& json);
ResultRow result_row_from_json(const Json& json);

}  // namespace core
