// The experiment file: what a person writes to say which tasks, models, decodings and methods a run has. Read strictly:
// an unknown key is an error with file, line and a suggestion, and a key of a later version is refused rather than
// ignored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backbones/options.h"
#include "harness/core/json.h"
#include "harness/metrics/averages.h"
#include "harness/run/external_models.h"
#include "harness/run/task_options.h"

namespace run {

/// How a prediction is chosen among responses (docs/architecture.md, "The run").
enum class Method {
  kEachDecoding,
  kSelfScoreSum,            // log-likelihood of the response, end of sequence included
  kSelfScoreMean,           // … by its tokens
  kSelfScoreBytes,          // … by its UTF-8 bytes
  kSelfScoreUnconditional,  // … minus that of the same response to an empty instruction
  kCappy,
  kOracle,
  kRandom
};
std::string to_string(Method method);

/// A model as the file names it: a folder that is there or a model of the Hub (`model`, `revision`), a recipe and a
/// seed of random weights (`new`, `seed`), a program (`command`), or a file of what a model said before (`recorded`).
struct ModelChoice {
  std::string name;            // unique in its list; part of file names
  std::string written;         // the path or the id as it was written, for the resolved configuration
  std::filesystem::path path;  // of the folder or of the recipe; of a model of the Hub once it is fetched
  bool is_new = false;
  std::uint64_t seed = 0;     // of new weights
  std::string revision = {};  // of a model of the Hub, a commit once it is fetched; empty: no model of the Hub
  int line = 0;               // of `model`, for messages
  backbones::NumberFormat dtype = backbones::NumberFormat::kFloat32;
  std::optional<backbones::NumberFormat> weights;  // absent: as stored
  std::string label = {};                          // of a scorer that tells several labels apart
  std::string device = "cpu";
  /// "flan", "t0", "opt-iml", or empty: whose training sets the model has seen, by the name of the family that tasks
  /// name in `source.seen_by`.
  std::string family = {};
  std::optional<ProgramChoice> program = {};
  std::optional<RecordedChoice> recorded = {};

  bool is_ours() const { return !program && !recorded; }
};

/// Limits in tokens, as the flags of the verbs count them.
struct Lengths {
  std::int64_t max_length = 64;                            // of an output, the decoder start included
  std::int64_t min_length = 0;                             // of an output, as the protocol counts it
  std::int64_t max_source_length = 512;                    // of an instruction, end of sequence included
  std::int64_t max_response_length = backbones::kNoLimit;  // of a response whose log-likelihood is taken
  std::int64_t max_pair_length = 512;                      // of the scorer's input
  /// Which end of an instruction, and of the texts of a scorer's pair, is cut.
  tokenizer::TruncationSide truncation_side = tokenizer::TruncationSide::kRight;
};

struct Seeds {
  std::uint64_t generate = 0;
  std::uint64_t random = 0;  // of the method "random"
};

struct Experiment {
  std::string name;
  std::filesystem::path file;
  std::vector<std::string> tasks;  // names and groups
  std::vector<ModelChoice> backbones, scorers;
  std::vector<backbones::Decoding> decodings;
  std::vector<Method> methods;
  std::optional<ModelChoice> metric;  // of generation tasks: a program; absent: Rouge-L
  backbones::Protocol protocol = backbones::Protocol::kTransformers;
  Seeds seeds;
  Lengths lengths;
  metrics::Averages average;
  std::optional<tasks::FewShot> few_shot;  // instead of what the tasks say
  std::vector<TaskOptions> task_options;
  std::int64_t limit = -1;  // rows per task, each under every template; -1: all

  bool uses(Method method) const;
  bool uses_self_scores() const;                     // of any kind
  std::string metric_of(core::TaskKind kind) const;  // "rouge_l", "accuracy", or the name of `metric`
};

/// `--set a.b=c`: the dotted key and its value as YAML.
using Overrides = std::vector<std::pair<std::string, std::string>>;

/// Reads a file; relative paths in it are relative to its folder. Throws core::ConfigError or core::FileError.
Experiment read_experiment(const std::filesystem::path& file, const Overrides& overrides);

/// The configuration with every default filled in, as YAML that `read_experiment` reads back.
std::string resolved_yaml(const Experiment& experiment);

}  // namespace run
