// Each input of a stage changes its key, and nothing else does.
#include "harness/run/stages.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/unit/run/fakes.h"

namespace run {
namespace {

struct Inputs {
  Experiment experiment;
  std::vector<core::Instance> instances{{"0", "", "Sort b a", {"a b"}, {}, {}}, {"1", "", "Sort d c", {"c d"}, {}, {}}};
  Model model{{}, "/models/t5", "abc", false};
  std::vector<Responses> responses{{"a", "b"}, {"c"}};

  Inputs() {
    experiment.decodings = backbones::decodings_from("paper");
    experiment.scorers.emplace_back();
  }
};

using Change = std::function<void(Inputs&)>;
using Key = std::function<StageKey(const Inputs&)>;

StageKey generate_of(const Inputs& in) { return generate_key(in.experiment, {"t", in.instances}, in.model); }
StageKey self_score_of(const Inputs& in) {
  return self_score_key(in.experiment, {"t", in.instances}, in.model, in.responses);
}
StageKey annotate_of(const Inputs& in) { return annotate_key({"t", in.instances}, in.responses); }
StageKey measure_of(const Inputs& in) { return measure_key({"t", in.instances}, in.model, in.responses); }
StageKey score_of(const Inputs& in) { return score_key(in.experiment, {"t", in.instances}, in.model, in.responses); }

const Change kInstruction = [](Inputs& in) { in.instances[1].instruction += " "; };
const Change kReference = [](Inputs& in) { in.instances[1].references = {"c d", "x"}; };
const Change kResponse = [](Inputs& in) { in.responses[1][0] = "C"; };
const Change kResponseMoved = [](Inputs& in) { in.responses = {{"a"}, {"b", "c"}}; };
const Change kOrder = [](Inputs& in) { std::swap(in.instances[0], in.instances[1]); };
const Change kFewer = [](Inputs& in) { in.instances.pop_back(); };
const Change kModel = [](Inputs& in) { in.model.sha256 = "abd"; };
const Change kWeights = [](Inputs& in) { in.model.choice.weights = backbones::NumberFormat::kFloat16; };
const Change kDtype = [](Inputs& in) { in.model.choice.dtype = backbones::NumberFormat::kBfloat16; };
const Change kDevice = [](Inputs& in) { in.model.choice.device = "cuda:1"; };
const Change kSeed = [](Inputs& in) { in.experiment.seeds.generate = 1; };
const Change kProtocol = [](Inputs& in) { in.experiment.protocol = backbones::Protocol::kCappy2023; };
const Change kMaxLength = [](Inputs& in) { in.experiment.lengths.max_length = 63; };
const Change kMinLength = [](Inputs& in) { in.experiment.lengths.min_length = 1; };
const Change kSource = [](Inputs& in) { in.experiment.lengths.max_source_length = 511; };
const Change kResponseLength = [](Inputs& in) { in.experiment.lengths.max_response_length = 9; };
const Change kPair = [](Inputs& in) { in.experiment.lengths.max_pair_length = 9; };
const Change kLeft = [](Inputs& in) { in.experiment.lengths.truncation_side = tokenizer::TruncationSide::kLeft; };
const Change kShots = [](Inputs& in) { in.instances[1].shots = "Sort f e e f\n\n"; };
const Change kTemperature = [](Inputs& in) { in.experiment.decodings[2].temperature = 0.8; };
const Change kDraws = [](Inputs& in) { in.experiment.decodings[2].num_return_sequences = 5; };
const Change kDecodingName = [](Inputs& in) { in.experiment.decodings[2].name = "cool"; };
const Change kDecodingGone = [](Inputs& in) { in.experiment.decodings.pop_back(); };
// These never change a result.
const Change kModelName = [](Inputs& in) { in.model.choice.name = "other"; };
const Change kFolder = [](Inputs& in) { in.model.folder = "/elsewhere"; };
const Change kId = [](Inputs& in) { in.instances[0].id = "7"; };
const Change kExperimentName = [](Inputs& in) { in.experiment.name = "other"; };
const Change kRandomSeed = [](Inputs& in) { in.experiment.seeds.random = 5; };

/// All keys differ from the first and from each other.
void expect_changes(const Key& key, const std::vector<Change>& changes) {
  std::set<std::string> hashes{key(Inputs()).hash()};
  for (const Change& change : changes) {
    Inputs inputs;
    change(inputs);
    hashes.insert(key(inputs).hash());
  }
  EXPECT_EQ(hashes.size(), changes.size() + 1);
}

void expect_no_change(const Key& key, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    Inputs inputs;
    change(inputs);
    EXPECT_EQ(key(inputs).hash(), key(Inputs()).hash());
  }
}

TEST(StageKeys, OfGeneration) {
  expect_changes(generate_of,
                 {kInstruction, kReference, kOrder, kFewer, kModel, kWeights, kDtype, kDevice, kSeed, kProtocol,
                  kMaxLength, kMinLength, kSource, kTemperature, kDraws, kDecodingName, kDecodingGone, kLeft, kShots});
  expect_no_change(generate_of,
                   {kModelName, kFolder, kId, kExperimentName, kRandomSeed, kPair, kResponse, kResponseLength});
}

TEST(StageKeys, OfLogLikelihoods) {
  expect_changes(self_score_of, {kInstruction, kResponse, kResponseMoved, kOrder, kFewer, kModel, kWeights, kDtype,
                                 kDevice, kSource, kResponseLength, kLeft, kShots});
  expect_no_change(self_score_of, {kModelName, kFolder, kId, kSeed, kMaxLength, kReference, kTemperature, kPair});
}

TEST(StageKeys, OfRouge) {
  expect_changes(annotate_of, {kReference, kResponse, kResponseMoved, kOrder, kFewer});
  expect_no_change(annotate_of, {kInstruction, kModel, kSeed, kId, kLeft, kShots});
}

TEST(StageKeys, OfAMetric) {
  const Change kProgram = [](Inputs& in) { in.model.external = core::Json::Object{{"command", "x"}}; };
  expect_changes(measure_of, {kReference, kResponse, kResponseMoved, kOrder, kFewer, kModelName, kModel, kProgram});
  expect_no_change(measure_of, {kInstruction, kSeed, kId, kLeft, kShots});
}

TEST(StageKeys, OfScores) {
  expect_changes(score_of, {kInstruction, kResponse, kResponseMoved, kOrder, kFewer, kModel, kWeights, kDtype, kDevice,
                            kPair, kLeft});
  expect_no_change(score_of, {kModelName, kFolder, kId, kSeed, kMaxLength, kReference, kSource, kShots});
}

TEST(StageKeys, OfResultsBeforeTheSideCouldBeChosenStayWhatTheyWere) {
  const Inputs inputs;
  EXPECT_EQ(core::write_json(generate_of(inputs).inputs).find("truncation_side"), std::string::npos);
}

TEST(ModelFolder, EveryFileThatALoaderMayReadCounts) {
  const testing::TemporaryFolder folder;
  std::set<std::string> hashes;
  const auto add = [&](const std::string& name, const std::string& text) {
    testing::write_text(folder.path() / name, text);
    return hashes.insert(hash_model_folder(folder.path())).second;
  };
  EXPECT_TRUE(add("config.json", "{}"));
  EXPECT_TRUE(add("config.json", "{ }"));
  EXPECT_TRUE(add("model.safetensors", "x"));
  EXPECT_TRUE(add("merges.txt", "a b"));
  EXPECT_TRUE(add("spiece.model", "x"));
  EXPECT_FALSE(add("README.md", "read me"));
}

}  // namespace
}  // namespace run
