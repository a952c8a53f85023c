// The keys of stages: everything that can change a result, and nothing else.
#include "harness/core/hash.h"
#include "harness/run/stages.h"

namespace run {
namespace {

using core::Instance;
using core::Json;

// Raised by hand where a stage's code changes its results.
constexpr int kGenerateVersion = 1;
constexpr int kSelfScoreVersion = 2;
constexpr int kAnnotateVersion = 1;
constexpr int kMeasureVersion = 1;
constexpr int kScoreVersion = 1;

void append_list(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const std::string& text : texts) {
    core::append_json_string(out, text);
    out += ',';
  }
  out += ']';
}

/// SHA-256 of one line per instance. Texts are quoted, so that no two inputs give the same line.
template <class Describe>
std::string hash_instances(const std::vector<Instance>& instances, Describe describe) {
  core::Hasher hasher;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    std::string line;
    describe(line, i);
    hasher.add(line + "\n");
  }
  return hasher.hex();
}

/// What a model reads of an instance.
using Reading = std::string (*)(const Instance&);
std::string of_backbone(const Instance& instance) { return instance.prompt(); }
std::string of_scorer(const Instance& instance) { return instance.instruction; }

std::string hash_pairs(const TaskInput& task, const std::vector<Responses>& responses, Reading read) {
  return hash_instances(task.instances, [&](std::string& line, std::size_t i) {
    core::append_json_string(line, read(task.instances[i]));
    append_list(line, responses.at(i));
  });
}

/// A key with the side of truncation, where it is not the one that all results had before there was a choice.
Json with_side(Json::Object key, const Experiment& experiment) {
  const tokenizer::TruncationSide side = experiment.lengths.truncation_side;
  if (side != tokenizer::TruncationSide::kRight) key.emplace_back("truncation_side", tokenizer::to_string(side));
  return key;
}

Json decoding_key(const backbones::Decoding& decoding) {
  return Json::Object{{"name", decoding.name},
                      {"parameters", core::parse_json(backbones::parameters_json(decoding))},
                      {"num_return_sequences", decoding.num_return_sequences}};
}

}  // namespace

StageKey generate_key(const Experiment& experiment, const TaskInput& task, const Model& backbone) {
  Json::Array decodings;
  for (const auto& decoding : experiment.decodings) decodings.push_back(decoding_key(decoding));
  const std::string texts = hash_instances(task.instances, [&](std::string& line, std::size_t i) {
    core::append_json_string(line, of_backbone(task.instances[i]));
    append_list(line, task.instances[i].references);
  });
  return {"generate", with_side({{"version", kGenerateVersion},
                                 {"texts", texts},
                                 {"backbone", backbone.key()},
                                 {"decodings", decodings},
                                 {"protocol", backbones::to_string(experiment.protocol)},
                                 {"seed", static_cast<std::int64_t>(experiment.seeds.generate)},
                                 {"max_length", experiment.lengths.max_length},
                                 {"min_length", experiment.lengths.min_length},
                                 {"max_source_length", experiment.lengths.max_source_length}},
                                experiment)};
}

StageKey self_score_key(const Experiment& experiment, const TaskInput& task, const Model& backbone,
                        const std::vector<Responses>& responses) {
  return {"log-likelihood", with_side({{"version", kSelfScoreVersion},
                                       {"texts", hash_pairs(task, responses, of_backbone)},
                                       {"backbone", backbone.key()},
                                       {"max_response_length", experiment.lengths.max_response_length},
                                       {"max_source_length", experiment.lengths.max_source_length}},
                                      experiment)};
}

StageKey annotate_key(const TaskInput& task, const std::vector<Responses>& responses) {
  const std::string texts = hash_instances(task.instances, [&](std::string& line, std::size_t i) {
    append_list(line, task.instances[i].references);
    append_list(line, responses.at(i));
  });
  return {"rouge", Json::Object{{"version", kAnnotateVersion}, {"texts", texts}}};
}

StageKey measure_key(const TaskInput& task, const Model& metric, const std::vector<Responses>& responses) {
  const StageKey rouge = annotate_key(task, responses);
  return {"metric", Json::Object{{"version", kMeasureVersion},
                                 {"texts", rouge.inputs.at("texts")},
                                 {"name", metric.choice.name},
                                 {"metric", metric.key()}}};
}

StageKey score_key(const Experiment& experiment, const TaskInput& task, const Model& scorer,
                   const std::vector<Responses>& responses) {
  return {"score", with_side({{"version", kScoreVersion},
                              {"texts", hash_pairs(task, responses, of_scorer)},
                              {"scorer", scorer.key()},
                              {"max_pair_length", experiment.lengths.max_pair_length}},
                             experiment)};
}

}  // namespace run
