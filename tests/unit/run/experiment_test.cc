#include "harness/run/experiment.h"

#include <gtest/gtest.h>

#include "harness/core/errors.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

const std::string kGood = R"(experiment: tiny
tasks: [rte, miniature]
backbones: [{name: t5, new: t5.yaml, seed: 1}]
scorers: [{model: scorers/cappy}]
protocol: cappy-2023
)";

class ExperimentTest : public ::testing::Test {
 protected:
  ExperimentTest() {
    write_text(folder_.path() / "t5.yaml", "architecture: t5\n");
    write_text(folder_.path() / "scorers/cappy/config.json", "{}");
  }
  Experiment read(const std::string& text, const Overrides& overrides = {}) {
    write_text(folder_.path() / "x.yaml", text);
    return read_experiment(folder_.path() / "x.yaml", overrides);
  }
  /// The message, without the folder.
  std::string refusal(const std::string& text, const Overrides& overrides = {}) {
    try {
      read(text, overrides);
    } catch (const core::ConfigError& error) {
      const std::string message = error.what(), folder = folder_.path().string() + "/";
      return message.starts_with(folder) ? message.substr(folder.size()) : message;
    }
    return "accepted";
  }
  struct Case {
    std::string text, message;  // the message must contain this
  };
  void expect_refusals(const std::vector<Case>& cases) {
    for (const Case& example : cases) {
      const std::string message = refusal(example.text);
      EXPECT_NE(message.find(example.message), std::string::npos) << message << "\n" << example.text;
    }
  }
  TemporaryFolder folder_;
};

TEST_F(ExperimentTest, FillsInTheDefaultsOfTheProtocol) {
  const Experiment experiment = read(kGood);
  EXPECT_EQ(experiment.name, "tiny");
  EXPECT_EQ(experiment.tasks, (std::vector<std::string>{"rte", "miniature"}));
  ASSERT_EQ(experiment.backbones.size(), 1u);
  EXPECT_TRUE(experiment.backbones[0].is_new);
  EXPECT_EQ(experiment.backbones[0].path, folder_.path() / "t5.yaml");
  EXPECT_EQ(experiment.backbones[0].weights, backbones::NumberFormat::kFloat16);
  EXPECT_EQ(experiment.backbones[0].dtype, backbones::NumberFormat::kFloat32);
  ASSERT_EQ(experiment.scorers.size(), 1u);
  EXPECT_EQ(experiment.scorers[0].name, "cappy");
  EXPECT_EQ(experiment.scorers[0].weights, backbones::NumberFormat::kFloat32);
  EXPECT_EQ(experiment.decodings.size(), 5u);
  EXPECT_EQ(experiment.methods.size(), 6u);
  EXPECT_EQ(experiment.lengths.min_length, 3);
  EXPECT_EQ(experiment.lengths.max_response_length, 64);
  EXPECT_EQ(experiment.limit, -1);
}

TEST_F(ExperimentTest, TransformersProtocolKeepsWeightsAsStored) {
  const Experiment experiment = read(kGood, {{"protocol", "transformers"}});
  EXPECT_FALSE(experiment.backbones[0].weights);
  EXPECT_EQ(experiment.lengths.min_length, 0);
  EXPECT_EQ(experiment.lengths.max_response_length, backbones::kNoLimit);
}

TEST_F(ExperimentTest, OverridesReplaceAndAddValues) {
  const Experiment experiment =
      read(kGood, {{"seeds.generate", "7"}, {"limit", "3"}, {"decoding", "[greedy, 'beam:3']"}});
  EXPECT_EQ(experiment.seeds.generate, 7u);
  EXPECT_EQ(experiment.limit, 3);
  ASSERT_EQ(experiment.decodings.size(), 2u);
  EXPECT_EQ(experiment.decodings[1].num_beams, 3);
}

TEST_F(ExperimentTest, ReadsInlineDecodings) {
  const Experiment experiment = read(
      kGood + "decoding:\n  - {name: cool, do_sample: true, top_k: 7, num_return_sequences: 2}\n  - {num_beams: 2}\n");
  ASSERT_EQ(experiment.decodings.size(), 2u);
  EXPECT_EQ(experiment.decodings[0].name, "cool");
  EXPECT_EQ(experiment.decodings[0].top_k, 7);
}

TEST_F(ExperimentTest, TheResolvedConfigurationReadsBackAsItself) {
  const Experiment experiment = read(kGood + "limit: 4\nseeds: {generate: 42}\n");
  const std::string resolved = resolved_yaml(experiment);
  EXPECT_EQ(resolved_yaml(read(resolved)), resolved);
  const std::string scorers_alone = resolved_yaml(read(kGood, {{"backbones", "[]"}}));
  EXPECT_EQ(resolved_yaml(read(scorers_alone)), scorers_alone);
  EXPECT_NE(resolved.find("topp0.95"), std::string::npos);
  EXPECT_NE(resolved.find("min_length: 3"), std::string::npos);
}

TEST_F(ExperimentTest, ReadsTheDetailsOfAProtocol) {
  const Experiment experiment =
      read(kGood +
           "average: {templates: macro, tasks: micro}\nlengths: {truncation_side: left}\n"
           "methods: [self-score-unconditional, self-score-bytes, cappy]\n"
           "few_shot: {k: 2, seed: 3, separator: \"\\n###\\n\", target_separator: '', balanced: true}\n");
  EXPECT_EQ(experiment.average, (metrics::Averages{metrics::Mean::kMacro, metrics::Mean::kMicro}));
  EXPECT_EQ(experiment.lengths.truncation_side, tokenizer::TruncationSide::kLeft);
  EXPECT_EQ(experiment.methods[0], Method::kSelfScoreUnconditional);
  EXPECT_TRUE(experiment.uses_self_scores());
  ASSERT_TRUE(experiment.few_shot);
  EXPECT_EQ(experiment.few_shot->k, 2);
  EXPECT_EQ(experiment.few_shot->seed, 3u);
  EXPECT_EQ(experiment.few_shot->separator, "\n###\n");
  EXPECT_EQ(experiment.few_shot->target_separator, "");
  EXPECT_TRUE(experiment.few_shot->balanced);
  const std::string resolved = resolved_yaml(experiment);
  EXPECT_EQ(resolved_yaml(read(resolved)), resolved);
  const Experiment plain = read(kGood);
  EXPECT_EQ(plain.average, metrics::Averages{});
  EXPECT_FALSE(plain.few_shot);
  EXPECT_EQ(plain.lengths.truncation_side, tokenizer::TruncationSide::kRight);
}

TEST_F(ExperimentTest, KnowsTheFamilyOfAModelByItsFolder) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"flan-t5-xl", "flan"}, {"google--flan-t5-small", "flan"}, {"t5-base", ""}, {"T0", "t0"},       {"T0_3B", "t0"},
      {"T0pp", "t0"},         {"opt-iml-30b", "opt-iml"},        {"opt-30b", ""}, {"cappy-large", ""}};
  for (const auto& [folder, family] : cases) {
    write_text(folder_.path() / folder / "config.json", "{}");
    EXPECT_EQ(read("experiment: a\ntasks: [rte]\nbackbones: [{model: " + folder + "}]\n").backbones[0].family, family)
        << folder;
  }
  EXPECT_EQ(read("experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, family: flan}]\n").backbones[0].family,
            "flan");
}

TEST_F(ExperimentTest, AModelThatIsNoFolderIsOneOfTheHub) {
  const std::string head = "experiment: a\ntasks: [rte]\nbackbones:\n  - ";
  const ModelChoice pinned = read(head + "{model: google/flan-t5-small, revision: v2}\n").backbones[0];
  EXPECT_EQ(pinned.written, "google/flan-t5-small");
  EXPECT_EQ(pinned.revision, "v2");
  EXPECT_EQ(pinned.name, "flan-t5-small");
  EXPECT_EQ(pinned.family, "flan");
  EXPECT_EQ(pinned.line, 4);
  EXPECT_EQ(read(head + "{model: gpt2}\n").backbones[0].revision, "main");
  const std::string resolved = resolved_yaml(read(head + "{model: google/flan-t5-small, revision: v2}\n"));
  EXPECT_NE(resolved.find("model: google/flan-t5-small, revision: v2"), std::string::npos) << resolved;
  EXPECT_EQ(resolved_yaml(read(resolved)), resolved);
  write_text(folder_.path() / "google/flan-t5-small/config.json", "{}");
  EXPECT_EQ(read(head + "{model: google/flan-t5-small}\n").backbones[0].revision, "");  // a folder wins
  expect_refusals({
      {head + "{model: google/flan-t5-small, revision: v2}\n", "x.yaml:4: backbones[0].revision: belongs to a model"},
      {head + "{new: t5.yaml, revision: v2}\n", "x.yaml:4: backbones[0].revision: belongs to a model of the Hub"},
      {head + "{model: a/b/c}\n", "x.yaml:4: backbones[0].model: there is no folder"},
      {head + "{model: a/b, revision: ../c}\n", "'../c' is no revision"},
  });
}

TEST_F(ExperimentTest, RefusesKeysWithFileAndLine) {
  expect_refusals({
      {kGood + "metods: [cappy]\n", "x.yaml:6: metods: unknown key (did you mean 'methods'?)"},
      {kGood + "methods: [capy]\n", "did you mean 'cappy'"},
      {kGood + "methods: [cappy, cappy]\n", "x.yaml:6: methods[1]: is named twice"},
      {kGood + "methods: []\n", "x.yaml:6: methods: an empty list"},
      {kGood + "sweep: {seeds.generate: [1, 2]}\n", "x.yaml:6: sweep: is not built yet"},
      {kGood + "reference: published\n", "x.yaml:6: reference: is not built yet"},
      {kGood + "executor: slurm\n", "x.yaml:6: executor: is not built yet"},
      {kGood + "adapt: {pairs: 3}\n", "x.yaml:6: adapt: is not built yet"},
      {kGood + "seeds: {adapt: 3}\n", "x.yaml:6: seeds.adapt: is not built yet"},
      {kGood + "seeds: {generate: -3}\n", "x.yaml:6: seeds.generate: expected a whole number from 0"},
      {kGood + "seeds: {generate: x}\n", "x.yaml:6: seeds.generate: expected a whole number, found 'x'"},
      {kGood + "limit: 0\n", "x.yaml:6: limit: expected a whole number from 1"},
      {kGood + "lengths: {max_lenght: 3}\n", "did you mean 'max_length'"},
      {kGood + "lengths: {max_length: 1}\n", "x.yaml:6: lengths.max_length: expected a whole number from 2"},
      {kGood + "lengths: {truncation_side: lef}\n",
       "x.yaml:6: lengths.truncation_side: 'lef' is none of: right, left (did you mean 'left'?)"},
      {kGood + "average: {templates: mikro}\n", "x.yaml:6: average.templates"},
      {kGood + "average: {template: micro}\n", "did you mean 'templates'"},
      {kGood + "few_shot: {seed: 1}\n", "x.yaml:6: few_shot.k: is missing"},
      {kGood + "few_shot: {k: -1}\n", "x.yaml:6: few_shot.k: expected a whole number from 0"},
      {kGood + "few_shot: {k: 1, shots: 3}\n", "x.yaml:6: few_shot.shots: unknown key"},
      {kGood + "decoding: bean:4\n", "x.yaml:6: decoding: unknown decoding 'bean:4'"},
      {kGood + "decoding: [greedy, greedy]\n", "x.yaml:6: decoding[1]: gives a second decoding called 'greedy'"},
      {kGood + "decoding: [{top_p: 0.5, do_sample: false}]\n", "x.yaml:6: decoding[0].top_p"},
      {"experiment: a/b\ntasks: [rte]\n", "x.yaml:1: experiment: 'a/b' is no name"},
      {"experiment: a\n", "tasks: is missing"},
      {"experiment: a\ntasks: []\n", "x.yaml:2: tasks: an empty list"},
      {"experiment: a\ntasks: [rte]\nprotocol: t0\n", "x.yaml:3: protocol: 't0' is none of: transformers, cappy-2023"},
      {"experiment: a\ntasks: [rte]\nprotocol: cappy2023\n", "did you mean 'cappy-2023'"},
      {"experiment: store\ntasks: [rte]\n", "x.yaml:1: experiment: 'store' is the folder of the stored results"},
      {kGood + "lengths: {max_source_length: 9000000000000000000}\n",
       "x.yaml:6: lengths.max_source_length: expected at most 1000000 tokens, found 9000000000000000000"},
  });
}

TEST_F(ExperimentTest, RefusesModelsWithFileLineAndKey) {
  expect_refusals({
      {"experiment: a\ntasks: [rte]\n", "needs 'backbones' or 'scorers'"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{model: ../nowhere}]\n",
       "x.yaml:3: backbones[0].model: there is no folder"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: nowhere}]\n", "x.yaml:3: backbones[0].new: there is no file"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{name: t}]\n", "x.yaml:3: backbones[0]: needs either 'model'"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, model: scorers}]\n",
       "x.yaml:3: backbones[0]: needs either"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{model: scorers/cappy, seed: 1}]\n",
       "backbones[0].seed: belongs to 'new'"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, adapt: x}]\n", "backbones[0].adapt: is not built yet"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, dtype: float23}]\n",
       "backbones[0].dtype: 'float23' is none of: float32"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml}, {new: t5.yaml}]\n",
       "backbones[1]: a second one is called 't5'"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, dtype: float16}]\n",
       "x.yaml:3: backbones[0].dtype: 'float16' is none of: float32"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, device: gpu}]\n",
       "x.yaml:3: backbones[0].device: unknown device 'gpu': expected cpu, cuda or cuda:N"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml, device: 'cuda:x'}]\n",
       "x.yaml:3: backbones[0].device: unknown device 'cuda:x'"},
      {"experiment: a\ntasks: [rte]\nscorers: [{model: scorers/cappy}]\nmethods: [cappy, self-score-sum]\n",
       "x.yaml:4: methods[1]: 'self-score-sum' needs 'backbones', and there are none"},
      {"experiment: a\ntasks: [rte]\nscorers: [{model: scorers/cappy}]\ndecoding: greedy\n",
       "x.yaml:4: decoding: needs 'backbones', and there are none"},
      {kGood + "methods: [random]\n", "x.yaml:6: methods: none of them uses 'scorers'"},
      {"experiment: a\ntasks: [rte]\nbackbones: [{new: t5.yaml}]\nmethods: [cappy]\n",
       "x.yaml:4: methods[0]: 'cappy' needs 'scorers'"},
  });
}

TEST_F(ExperimentTest, AnOverrideIsRefusedUnderItsOwnName) {
  EXPECT_NE(refusal(kGood, {{"metods", "[cappy]"}}).find("--set metods"), std::string::npos)
      << refusal(kGood, {{"metods", "x"}});
  EXPECT_NE(refusal(kGood, {{"limit", "many"}}).find("expected a whole number"), std::string::npos);
}

}  // namespace
}  // namespace run
