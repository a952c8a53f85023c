// Programs and recorded answers: what an experiment says of them, what their keys hold, what lines of each format mean.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "harness/core/errors.h"
#include "harness/run/prepare.h"
#include "harness/run/recorded_answers.h"
#include "harness/run/recorded_backbone.h"
#include "harness/run/recorded_scorer.h"
#include "harness/run/stages.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

class ExternalTest : public ::testing::Test {
 protected:
  ExternalTest() { write_text(folder_.path() / "my_model.py", "print(1)\n"); }
  Experiment read(const std::string& text) {
    write_text(folder_.path() / "x.yaml", "experiment: a\ntasks: [rte]\n" + text);
    return read_experiment(folder_.path() / "x.yaml", {});
  }
  std::string key_of(const std::string& backbone) {
    return core::write_json(resolve_external(read("backbones: [" + backbone + "]\n").backbones[0]).key());
  }
  RecordedChoice recorded(const std::string& file, RecordedFormat format) {
    return {.files = {folder_.path() / file}, .format = format};
  }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const core::ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryFolder folder_;
};

TEST_F(ExternalTest, AProgramIsNamedByItsFirstFile) {
  const Experiment experiment = read(
      "backbones: [{command: [python3, my_model.py, --fast], version: 2, timeout: 1.5}]\n"
      "scorers: [{command: [cat]}]\nmetric: {name: bleu, command: [python3, my_model.py]}\n");
  const ModelChoice& model = experiment.backbones[0];
  EXPECT_EQ(model.name, "my_model");
  EXPECT_EQ(model.program->words, (std::vector<std::string>{"python3", "my_model.py", "--fast"}));
  EXPECT_EQ(model.program->timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(model.program->folder, folder_.path());
  EXPECT_EQ(model.program->version, "2");
  EXPECT_FALSE(model.is_ours());
  EXPECT_EQ(experiment.scorers[0].name, "cat");
  EXPECT_EQ(experiment.metric_of(core::TaskKind::kGeneration), "bleu");
  EXPECT_EQ(experiment.metric_of(core::TaskKind::kClassification), "accuracy");
  EXPECT_EQ(read("backbones: [{command: [cat]}]\n").metric_of(core::TaskKind::kGeneration), "rouge_l");
}

TEST_F(ExternalTest, TheResolvedConfigurationReadsBackAsItself) {
  write_text(folder_.path() / "r/a.jsonl", "");
  const std::string resolved = resolved_yaml(
      read("backbones: [{command: [python3, 'a b', \"-c\"], version: 2, timeout: 1.5, family: flan}, {recorded: r, "
           "format: flan_samples}]\nscorers: [{command: [cat]}]\nmetric: {name: bleu, command: [cat]}\n"));
  write_text(folder_.path() / "x.yaml", resolved);
  EXPECT_EQ(resolved_yaml(read_experiment(folder_.path() / "x.yaml", {})), resolved) << resolved;
}

TEST_F(ExternalTest, RefusesWhatHasNoMeaning) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"backbones: [{command: [cat], model: x}]\n", "backbones[0].model: has no meaning beside 'command'"},
      {"backbones: [{command: [cat], dtype: int8}]\n", "dtype: has no meaning beside 'command'"},
      {"backbones: [{command: [cat], format: cappy}]\n", "format: has no meaning beside 'command'"},
      {"backbones: [{command: python3 my_model.py}]\n", "expected a list of words"},
      {"backbones: [{command: []}]\n", "an empty list"},
      {"backbones: [{command: [cat], timeout: -1}]\n", "timeout: expected seconds above 0"},
      {"backbones: [{recorded: no.jsonl}]\n", "there is no file or folder"},
      {"backbones: [{recorded: ., format: lm-eval}]\n", "there is no samples_*.jsonl in the folder"},
      {"backbones: [{recorded: my_model.py, timeout: 3}]\n", "timeout: has no meaning beside 'recorded'"},
      {"backbones: [{recorded: my_model.py, format: csv}]\n", "format"},
      {"backbones: [{name: x, version: 3}]\n", "version: has no meaning without 'command'"},
      {"backbones: [{name: x, format: cappy}]\n", "format: has no meaning without 'recorded'"},
      {"scorers: [{command: [cat]}]\nmetric: {name: scores, command: [cat]}\n", "'scores' is a field of its own"},
      {"scorers: [{command: [cat]}]\nmetric: {command: [cat]}\n", "metric.name: is missing"},
      {"scorers: [{command: [cat]}]\nmetric: {name: x}\n", "metric.command: is missing"},
      {"backbones: [{command: [cat]}, {command: [cat]}]\n", "a second one is called 'cat'"},
  };
  for (const auto& [text, part] : cases) {
    const std::string message = refusal(text);
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n" << text;
    EXPECT_NE(message.find("x.yaml:"), std::string::npos) << message;
  }
}

TEST_F(ExternalTest, KeysHoldWordsFilesAndVersion) {
  const std::string command = "{command: [python3, my_model.py, --x=data.txt, model]}";
  std::set<std::string> keys{key_of(command)};
  const auto is_new = [&](const std::string& key) { return keys.insert(key).second; };
  EXPECT_TRUE(is_new(key_of("{command: [python3, my_model.py, --x=data.txt, model], version: 1}")));
  EXPECT_TRUE(is_new(key_of("{command: [python3, my_model.py, --x=data.txt]}")));
  write_text(folder_.path() / "my_model.py", "print(2)\n");
  EXPECT_TRUE(is_new(key_of(command)));
  write_text(folder_.path() / "data.txt", "1");
  EXPECT_TRUE(is_new(key_of(command)));
  write_text(folder_.path() / "model/config.json", "{}");
  EXPECT_TRUE(is_new(key_of(command)));
  write_text(folder_.path() / "model/config.json", "{ }");
  EXPECT_TRUE(is_new(key_of(command)));
  EXPECT_FALSE(is_new(key_of("{command: [python3, my_model.py, --x=data.txt, model], timeout: 3, name: other}")));
  write_text(folder_.path() / "r.jsonl", "{}\n");
  EXPECT_TRUE(is_new(key_of("{recorded: r.jsonl}")));
  EXPECT_TRUE(is_new(key_of("{recorded: r.jsonl, format: lm-eval}")));
  write_text(folder_.path() / "r.jsonl", "{} \n");
  EXPECT_TRUE(is_new(key_of("{recorded: r.jsonl}")));
}

RecordedAnswers answers_of(const std::string& line, RecordedFormat format, const std::string& instruction) {
  const auto record = core::JsonRecord::parse(line);
  EXPECT_EQ(recorded_instructions(record, format), std::vector<std::string>{instruction});
  return recorded_answers(record, format, instruction);
}

TEST(RecordedAnswers, OfFlanSamplesTokensFollowFromSumAndMean) {
  const auto answers = answers_of(
      R"({"instruction":"i","flan_samples":{"beam4":[{"response":"a","log_likelihood_sum":-3,"log_likelihood_mean":-1.5}],)"
      R"("sampling":[{"response":"b","log_likelihood_sum":-1,"log_likelihood_mean":-0.25}]}})",
      RecordedFormat::kFlanSamples, "i");
  ASSERT_EQ(answers.candidates.size(), 2u);
  EXPECT_EQ(answers.candidates[1].decoding, "sampling");
  EXPECT_EQ(answers.likelihoods[0].log_likelihood, -3);
  EXPECT_EQ(answers.likelihoods[0].tokens, 2);
  EXPECT_EQ(answers.likelihoods[1].tokens, 4);
  const auto unknown = answers_of(R"({"instruction":"i","flan_samples":{"beam4":[{"response":"a"}]}})",
                                  RecordedFormat::kFlanSamples, "i");
  EXPECT_TRUE(std::isnan(unknown.likelihoods[0].log_likelihood));
  EXPECT_EQ(unknown.likelihoods[0].tokens, core::kUnknownCount);
}

TEST(RecordedAnswers, OfCappyTheRetokenisedTextComesFirst) {
  const auto answers = answers_of(
      R"({"shots":"s ","instruction":"i","candidates":[{"response":"a","decoding":"g","draw":0,"log_likelihood":-1,"tokens":3,)"
      R"("self_score":{"log_likelihood":-2,"tokens":4}}]})",
      RecordedFormat::kCappy, "s i");
  EXPECT_EQ(answers.likelihoods[0].log_likelihood, -2);
  EXPECT_EQ(answers.likelihoods[0].tokens, 4);
  const auto line = answers_of(R"({"instruction":"i","response":"yes","log_likelihood":-1.5,"tokens":2})",
                               RecordedFormat::kCappy, "i");
  EXPECT_TRUE(line.candidates.empty());
  EXPECT_EQ(line.likelihoods[0].response, "yes");
  EXPECT_EQ(line.likelihoods[0].log_likelihood, -1.5);
}

TEST(RecordedAnswers, OfTheHarnessBothFormsOfArguments) {
  for (const char* arguments :
       {R"([["ctx",{"until":["\n"]}]])", R"({"gen_args_0":{"arg_0":"ctx","arg_1":{"until":["\n"]}}})"}) {
    const auto answers = answers_of(std::string(R"({"arguments":)") + arguments + R"(,"resps":[["one","two"]]})",
                                    RecordedFormat::kLmEval, "ctx");
    ASSERT_EQ(answers.candidates.size(), 2u);
    EXPECT_EQ(answers.candidates[1].response, "two");
    EXPECT_EQ(answers.candidates[1].draw, 1);
    EXPECT_EQ(answers.candidates[1].end, core::End::kUnknown);
  }
  const auto choices =
      answers_of(R"({"arguments":[["ctx"," yes"],["ctx","no"]],"resps":[[["-1.25","False"]],[[-2.5,true]]]})",
                 RecordedFormat::kLmEval, "ctx");
  ASSERT_EQ(choices.likelihoods.size(), 2u);
  EXPECT_EQ(choices.likelihoods[0].response, "yes");
  EXPECT_EQ(choices.likelihoods[0].log_likelihood, -1.25);
  EXPECT_EQ(choices.likelihoods[1].log_likelihood, -2.5);
  const auto record = core::JsonRecord::parse(R"({"arguments":[["a"," x"],["b"," x"]],"resps":[[["-1","True"]]]})");
  EXPECT_EQ(recorded_instructions(record, RecordedFormat::kLmEval), (std::vector<std::string>{"a", "b"}));
  EXPECT_THROW(recorded_answers(record, RecordedFormat::kLmEval, "a"), std::runtime_error);
}

TEST_F(ExternalTest, RecordsAreFoundByInstruction) {
  write_text(folder_.path() / "r.jsonl",
             R"({"instruction":"a","candidates":[{"response":"x","decoding":"greedy","draw":0}]})"
             "\n"
             R"({"instruction":"b","candidates":[{"response":"y","decoding":"greedy","draw":0}]})"
             "\n"
             R"({"instruction":"a","candidates":[{"response":"z","decoding":"greedy","draw":0}]})"
             "\n");
  std::vector<std::string> log;
  const auto backbone = open_recorded_backbone(recorded("r.jsonl", RecordedFormat::kCappy),
                                               [&](const std::string& line) { log.push_back(line); });
  backbones::GenerationOptions options;
  options.decodings = backbones::decodings_from("greedy");
  const auto found = backbone->generate(std::vector<std::string>{"b", "a"}, options);
  EXPECT_EQ(found.at(0).candidates.at(0).response, "y");
  EXPECT_EQ(found.at(1).candidates.at(0).response, "x");
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("r.jsonl:1 and "), std::string::npos) << log[0];
  try {
    backbone->generate(std::vector<std::string>{"b", "c", "d"}, options);
    FAIL();
  } catch (const core::FileError& error) {
    EXPECT_NE(std::string(error.what()).find("r.jsonl: no record of 2 of 3 instructions, the first:\n  c\n  d"),
              std::string::npos)
        << error.what();
  }
  const auto unknown = backbone->log_likelihood(std::vector<backbones::InstructionResponse>{{"a", "q"}}, {});
  EXPECT_TRUE(std::isnan(unknown.at(0).log_likelihood));
}

TEST_F(ExternalTest, RecordedScoresOfEveryPair) {
  write_text(folder_.path() / "s.jsonl", R"({"instruction":"a","response":"x","score":0.5})"
                                         "\n"
                                         R"({"instruction":"a","response":"y","score":-1})"
                                         "\n");
  const auto scorer = open_recorded_scorer(recorded("s.jsonl", RecordedFormat::kCappy));
  const std::vector<backbones::InstructionResponse> pairs{{"a", "y"}, {"a", "x"}};
  EXPECT_EQ(scorer->score(pairs, {}).at(0).score, -1);
  EXPECT_EQ(scorer->score(pairs, {}).at(1).score, 0.5);
  EXPECT_THROW(scorer->score(std::vector<backbones::InstructionResponse>{{"a", "z"}}, {}), core::FileError);
}

}  // namespace
}  // namespace run
