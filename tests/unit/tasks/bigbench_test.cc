// The pieces of the recipe, with the check values of the published rule; whole tasks are compared in
// tests/golden/bigbench.py.
#include "tasks/bigbench.h"

#include <gtest/gtest.h>

#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using Bigbench = TemporaryFolder;
using Texts = std::vector<std::string>;

BigbenchRow formatted(const std::string& header, const std::string& example) {
  return format_example(bigbench_header(core::parse_json(header)), core::parse_json(example));
}

std::string examples(int count) {
  std::string text = "{\"examples\": [";
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : ", ") + ("{\"input\": \"" + std::to_string(i) + "\", \"target\": \"t\"}");
  return text + "]}";
}

Texts inputs_of(const std::vector<BigbenchRow>& rows) {
  Texts inputs;
  for (const BigbenchRow& row : rows) inputs.push_back(row.inputs);
  return inputs;
}

TEST(BigbenchFormat, AddsDefaultPrefixesAndStrips) {
  const BigbenchRow row = formatted("{}", R"({"input": " 1+1 ", "target": "\u00a02\t"})");
  EXPECT_EQ(row.inputs, "Q:  1+1 \nA:");
  EXPECT_EQ(row.targets, Texts{"2"});
}

TEST(BigbenchFormat, KeepsRepeatsAndOrderOfTargets) {
  EXPECT_EQ(formatted("{}", R"({"input": "x", "target": ["b", "a", "b "]})").targets, (Texts{"b", "a", "b"}));
}

TEST(BigbenchFormat, TakesPrefixesOfTheHeaderAndNoneOfTheExample) {
  const std::string header =
      R"({"task_prefix": "P ", "example_input_prefix": "<", "example_output_prefix": ">", "choice_prefix": "/"})";
  EXPECT_EQ(formatted(header, R"({"input": "i", "target": "t", "task_prefix": "no", "comment": 1})").inputs, "P <i>");
}

TEST(BigbenchFormat, AppendsChoicesInThePublishedOrder) {
  // sorted a b c d; numpy's permutation of four with seed 42: 1 3 0 2
  const std::string example = R"({"input": "i", "target_scores": {"d": 0, "b": 1, "a": 1, "c": 0}})";
  const BigbenchRow row = formatted(R"({"choice_prefix": "/", "example_output_prefix": ""})", example);
  EXPECT_EQ(row.inputs, "Q: i/b/d/a/c");
  EXPECT_EQ(row.targets, Texts{"b"}) << "the first of maximal score in file order";
  const std::string quiet = R"({"append_choices_to_input": false, "example_output_prefix": ""})";
  EXPECT_EQ(formatted(quiet, example).inputs, "Q: i");
}

TEST(BigbenchFormat, AGivenTargetStandsBeforeScores) {
  const std::string example = R"({"input": "i", "target": "z", "target_scores": {"a": 1, "b": 0}})";
  EXPECT_EQ(formatted("{}", example).targets, Texts{"z"});
}

TEST(BigbenchFormat, RefusesWhatWouldGiveNoReference) {
  EXPECT_NE(error_of([] { formatted("{}", R"({"input": "x", "target": []})"); }).find("empty list of references"),
            std::string::npos);
  EXPECT_NE(error_of([] { formatted("{}", R"({"input": "x"})"); }).find("neither 'target'"), std::string::npos);
  EXPECT_NE(error_of([] { formatted("{}", R"({"input": "x", "target": 5})"); }).find("'target'"), std::string::npos);
}

TEST(BigbenchRepeats, ComparesWholeObjectsAsText) {
  const auto list =
      core::parse_json(R"([{"input":"a","target":"b"}, {"target":"b","input":"a"}, {"input":"a","target":"b"},
      {"input":"a","target":"b","comment":""}, {"input":"a","n":1}, {"input":"a","n":1.0}])");
  EXPECT_EQ(without_repeats(list.as_array()).size(), 5u);
}

TEST(BigbenchSplit, GivesValidationAFifthButAShareOfSixteenAtLeast) {
  EXPECT_EQ(validation_rows(34, 1), 16u);
  EXPECT_EQ(validation_rows(328, 1), 65u);
  EXPECT_EQ(validation_rows(13, 16), 2u);
  EXPECT_EQ(validation_rows(9, 3), 5u);
  EXPECT_EQ(validation_rows(4, 246), 0u);
}

TEST(BigbenchSplit, ShufflesAsCpython) {
  std::vector<BigbenchRow> rows;
  for (int i = 0; i < 34; ++i) rows.push_back({std::to_string(i), {"t"}});
  const Texts train = inputs_of(take_split(rows, "train", 1)),
              validation = inputs_of(take_split(rows, "validation", 1));
  EXPECT_EQ(Texts(train.begin(), train.begin() + 10),
            (Texts{"5", "19", "20", "12", "24", "28", "15", "10", "16", "11"}));
  EXPECT_EQ(train.size(), 18u);
  EXPECT_EQ(validation.size(), 16u);
  EXPECT_EQ(inputs_of(take_split(rows, "default", 1))[1], "1");
  EXPECT_THROW(take_split(rows, "test", 1), std::invalid_argument);
}

TEST_F(Bigbench, JoinsSubtasksInTheOrderOfTheirFolders) {
  write("task.json", R"({"name": "container", "task_prefix": "no effect"})");
  write("b/task.json", examples(40));
  write("a-z/task.json", examples(20));
  write("a/task.json", examples(10));
  write("programmatic/task.py", "");
  const auto folders = subtask_folders(folder_);
  ASSERT_EQ(folders.size(), 3u);
  EXPECT_EQ(folders[0].filename(), "a");
  EXPECT_EQ(folders[1].filename(), "a-z");
  EXPECT_EQ(bigbench_rows(folder_, "validation").size(), 5u + 5u + 8u);
  EXPECT_EQ(bigbench_rows(folder_, "train").size(), 5u + 15u + 32u);
}

TEST_F(Bigbench, RefusesASplitThatATaskIsTooSmallFor) {
  write("task.json", examples(16));
  EXPECT_NE(error_of([&] { bigbench_rows(folder_, "train"); }).find("16 examples are too few"), std::string::npos);
  EXPECT_EQ(bigbench_rows(folder_, "default").size(), 16u);
}

TEST_F(Bigbench, NamesFileAndExampleOfWhatIsBroken) {
  write("task.json", R"({"examples": [{"input": "a", "target": "b"}, {"input": 3, "target": "b"}]})");
  const std::string error = error_of([&] { bigbench_rows(folder_, "default"); });
  EXPECT_NE(error.find("task.json"), std::string::npos) << error;
  EXPECT_NE(error.find("example 1"), std::string::npos) << error;
  write("task.json", "{\"examples\": [");
  EXPECT_NE(error_of([&] { bigbench_rows(folder_, "default"); }).find("task.json"), std::string::npos);
  write("task.json", "{}");
  EXPECT_NE(error_of([&] { bigbench_rows(folder_, "default"); }).find("no examples"), std::string::npos);
}

}  // namespace
}  // namespace tasks
