// Whole runs on the embedded miniature tasks with fake models.
#include "harness/run/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::all_files;
using testing::Calls;
using testing::fake_models;
using testing::TemporaryFolder;
using testing::write_text;

const std::vector<std::string> kCircumstances{"environment.json", "timings.jsonl", "log", "report_circumstances.md",
                                              ".lock"};

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    write_text(folder_.path() / "t5.yaml", "architecture: t5\n");
    write_text(folder_.path() / "roberta.yaml", "architecture: roberta\n");
    write_text(
        folder_.path() / "x.yaml",
        "experiment: x\ntasks: [is_sorted, reverse_words, sort_numbers]\nlimit: 40\n"
        "backbones: [{name: t5, new: t5.yaml, seed: 1}]\nscorers: [{name: cappy, new: roberta.yaml, seed: 2}]\n");
  }
  RunResult run(const std::string& runs, const Overrides& overrides = {}) {
    RunRequest request;
    request.experiment = read_experiment(folder_.path() / "x.yaml", overrides);
    const std::filesystem::path home = std::getenv("CAPPY_SOURCE");
    static const tasks::Library library = tasks::Library::from_folders({home / "tasks"});
    request.library = library;
    request.places.data = home / "data";
    request.runs = folder_.path() / runs;
    request.progress = core::ProgressMode::kNone;
    request.environment = {"here", core::Json::Object{}};
    said_.clear();
    ModelSource models = fake_models(calls_);
    models.fetch = fetch_;
    return execute(request, models, [this](const std::string& line) { said_ += line + "\n"; });
  }
  std::vector<std::pair<std::string, std::string>> results(const std::string& runs) {
    return all_files(folder_.path() / runs / "x", kCircumstances);
  }
  TemporaryFolder folder_;
  Calls calls_;
  std::function<hub::ModelFolder(const hub::Repository&)> fetch_;
  std::string said_;
};

TEST_F(RunTest, WritesEveryFile) {
  const RunResult result = run("runs");
  std::vector<std::string> names;
  for (const auto& [name, content] : all_files(result.folder)) {
    names.push_back(name);
    EXPECT_TRUE(name == ".lock" || name == "templates.jsonl" || !content.empty()) << name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{".lock", "config.yaml", "counters.jsonl", "data.csv", "data.jsonl",
                                             "environment.json", "inputs.json", "instances/is_sorted.t5.jsonl",
                                             "instances/reverse_words.t5.jsonl", "instances/sort_numbers.t5.jsonl",
                                             "log", "report.csv", "report.md", "report_circumstances.md",
                                             "results.jsonl", "summary.json", "templates.jsonl", "timings.jsonl"}));
  EXPECT_TRUE(
      core::read_file(result.folder / "report.md").starts_with("Weights are random: these numbers say nothing"));
}

TEST_F(RunTest, AnUnconditionalScoreIsOneMoreStageOverDistinctResponses) {
  const Overrides sum{{"methods", "[self-score-sum, cappy]"}};
  const Overrides less{{"methods", "[self-score-sum, self-score-unconditional, self-score-bytes, cappy]"}};
  run("runs", sum);
  const Calls before = calls_;
  const RunResult result = run("runs", less);
  EXPECT_EQ(calls_.generated, before.generated);
  EXPECT_GT(calls_.likelihoods, before.likelihoods);
  EXPECT_EQ(calls_.scored, before.scored);
  std::set<std::string> distinct;
  std::int64_t compared = 0;
  for (const core::JsonRecord& record : core::read_json_lines(result.folder / "instances/is_sorted.t5.jsonl")) {
    const core::Json line = record.to_json();
    std::vector<double> differences, by_bytes;
    for (const core::Json& response : line.at("responses").as_array()) {
      const std::string& text = response.at("response").as_string();
      distinct.insert(text);
      const core::Json& scores = response.at("self_score");
      EXPECT_EQ(scores.at("unconditional").as_double(), testing::fake_log_likelihood("", text));
      EXPECT_EQ(scores.at("log_likelihood").as_double(),
                testing::fake_log_likelihood(line.at("instruction").as_string(), text));
      differences.push_back(scores.at("log_likelihood").as_double() - scores.at("unconditional").as_double());
      by_bytes.push_back(scores.at("log_likelihood").as_double() / static_cast<double>(text.size()));
    }
    for (const core::Json& prediction : line.at("predictions").as_array()) {
      const std::string& method = prediction.at("method").as_string();
      const std::vector<double>& values = method == "self-score-unconditional" ? differences : by_bytes;
      if (method != "self-score-unconditional" && method != "self-score-bytes") continue;
      EXPECT_EQ(prediction.at("choice").as_integer(), std::ranges::max_element(values) - values.begin());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 2 * result.summary.counters.at(0).instances);
  EXPECT_EQ(distinct.size(), 4u);  // two choices under each of two templates
}

TEST_F(RunTest, AnInstructionThatIsLostBehindItsExamplesIsToldInTheReport) {
  const Overrides cut{{"tasks", "[reverse_words]"}, {"lengths.max_source_length", "20"}};
  const auto with = [&](const Overrides& more) {
    Overrides all = cut;
    all.insert(all.end(), more.begin(), more.end());
    return run("runs", all).summary.data.at(0);
  };
  EXPECT_TRUE(with({}).warnings.empty());
  const reports::TaskData right = with({{"few_shot.k", "9"}});
  EXPECT_EQ(right.shots, 9);
  ASSERT_EQ(right.warnings.size(), 1u);
  EXPECT_NE(right.warnings[0].find("24 instructions that t5 read lost their end"), std::string::npos)
      << right.warnings[0];
  EXPECT_NE(core::read_file(folder_.path() / "runs/x/report.md").find("lost their end"), std::string::npos);
  EXPECT_TRUE(with({{"few_shot.k", "9"}, {"lengths.truncation_side", "left"}}).warnings.empty());
}

TEST_F(RunTest, TheSameCallAgainComputesNothing) {
  EXPECT_GT(run("runs").computed, 0);
  const auto first = results("runs");
  const Calls before = calls_;
  EXPECT_EQ(run("runs").computed, 0);
  EXPECT_EQ(calls_.total(), before.total());
  EXPECT_EQ(calls_.made, before.made);
  EXPECT_EQ(results("runs"), first);
  EXPECT_NE(said_.find("nothing was computed"), std::string::npos);
}

TEST_F(RunTest, ARunThatDiesAnywhereGoesOnToTheSameBytes) {
  run("whole");
  const auto whole = results("whole");
  const int calls = calls_.total();
  ASSERT_GT(calls, 6);
  for (int die = 1; die <= calls; ++die) {
    const std::string runs = "killed" + std::to_string(die);
    calls_ = {};
    calls_.die_after = die;
    EXPECT_THROW(run(runs), std::runtime_error);
    calls_ = {};
    run(runs);
    EXPECT_EQ(calls_.total(), calls - die + 1) << "only what was not finished is computed";
    EXPECT_EQ(results(runs), whole);
  }
}

TEST_F(RunTest, AnotherSeedGeneratesAgainAnotherScorerDoesNot) {
  run("runs");
  calls_ = {};
  run("runs", {{"scorers", "[{name: cappy, new: roberta.yaml, seed: 3}]"}});
  EXPECT_EQ(calls_.generated, 0);
  EXPECT_GT(calls_.scored, 0);
  calls_ = {};
  run("runs", {{"seeds.generate", "9"}});
  EXPECT_GT(calls_.generated, 0);
}

TEST_F(RunTest, AnInstanceFileOfAnEarlierConfigurationGoes) {
  run("runs");
  run("runs", {{"tasks", "[reverse_words]"}});
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "runs/x/instances/is_sorted.t5.jsonl"));
  EXPECT_NE(said_.find("runs/x held another configuration; its report is replaced\n"), std::string::npos) << said_;
  run("runs", {{"tasks", "[reverse_words]"}});
  EXPECT_EQ(said_.find("held another configuration"), std::string::npos) << said_;
}

TEST_F(RunTest, ARunWithBadInputDoesNotStart) {
  EXPECT_THROW(run("runs", {{"tasks", "[revers_words]"}}), core::ConfigError);
  EXPECT_THROW(run("runs", {{"tasks", "[rte]"}}), std::runtime_error);  // no data here
  EXPECT_THROW(run("runs", {{"backbones", "[]"}}), core::ConfigError);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "runs"));
  write_text(folder_.path() / "broken/config.json", "{}");
  EXPECT_EQ(calls_.total(), 0);
}

TEST_F(RunTest, AFolderThatCannotBeMadeIsNamedBeforeModelsAreMade) {
  write_text(folder_.path() / "taken", "a file");
  try {
    run("taken");
    FAIL() << "accepted";
  } catch (const core::FileError& error) {
    EXPECT_NE(std::string(error.what()).find((folder_.path() / "taken").string() + ": is no folder"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(calls_.made + calls_.opened, 0);
}

TEST_F(RunTest, ADamagedModelIsMadeAgain) {
  run("runs");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "runs/store/models")) {
    if (entry.path().filename() == "config.json") write_text(entry.path(), "damaged");
  }
  const int made = calls_.made;
  EXPECT_EQ(run("runs").computed, 0);
  EXPECT_EQ(calls_.made, made + 2);
}

TEST_F(RunTest, AModelThatOpenedOnceIsOpenedAgainOnlyToCompute) {
  run("runs");
  EXPECT_EQ(calls_.opened, 3);  // scorer and backbone to see that they open; then the scorer again, one at a time
  calls_ = {};
  EXPECT_EQ(run("runs").computed, 0);
  EXPECT_EQ(calls_.opened, 0);
  run("runs", {{"seeds.generate", "9"}});
  EXPECT_EQ(calls_.opened, 1);  // the fake's candidates are the same, so that their scores are known
}

TEST_F(RunTest, AModelOfTheHubIsFetchedAndItsCommitNoted) {
  write_text(folder_.path() / "hub/c0ffee/config.json", "{}");
  std::vector<std::string> asked;
  fetch_ = [&](const hub::Repository& repository) {
    asked.push_back(repository.id + "@" + repository.revision);
    return hub::ModelFolder{folder_.path() / "hub/c0ffee", "c0ffee"};
  };
  const Overrides hub{{"backbones", "[{model: google/flan-t5-small}]"}};
  const RunResult result = run("runs", hub);
  EXPECT_EQ(asked, std::vector<std::string>{"google/flan-t5-small@main"});
  const std::string config = core::read_file(result.folder / "config.yaml");
  EXPECT_NE(config.find("model: google/flan-t5-small, revision: c0ffee"), std::string::npos) << config;
  EXPECT_EQ(run("runs", hub).computed, 0);
  fetch_ = [](const hub::Repository&) -> hub::ModelFolder {
    throw hub::HubError(hub::Failure::kNoRepository, "no such thing");
  };
  try {
    run("runs", hub);
    FAIL() << "accepted";
  } catch (const core::ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("google/flan-t5-small, and on the Hub: no such thing"), std::string::npos)
        << error.what();
  }
}

TEST_F(RunTest, ScorersAloneSufficeForClassification) {
  const RunResult result = run("runs", {{"tasks", "[is_sorted]"}, {"backbones", "[]"}});
  EXPECT_TRUE(std::filesystem::exists(result.folder / "instances/is_sorted.jsonl"));
  ASSERT_EQ(result.summary.rows.size(), 2u);
  EXPECT_EQ(result.summary.rows[0].method, "cappy");
}

}  // namespace
}  // namespace run
