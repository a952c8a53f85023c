#include "harness/cli/model_comparison.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "harness/core/errors.h"

namespace cli {
namespace {

const double kUnknown = std::numeric_limits<double>::quiet_NaN();

VerifyInput input(std::int64_t line, std::size_t responses, std::optional<std::int64_t> label = std::nullopt) {
  return {"ask", std::vector<std::string>(responses, "answer"), label, line};
}

ModelAnswers values(std::vector<std::vector<double>> numbers) {
  ModelAnswers answers;
  answers.values = std::move(numbers);
  return answers;
}

core::Candidate candidate(const std::string& response, std::vector<std::int32_t> ids) {
  core::Candidate made;
  made.response = response;
  made.decoding = "greedy";
  made.ids = std::move(ids);
  return made;
}

TEST(ModelComparison, EqualModelsDoNotDiffer) {
  const auto same = values({{0.1, 0.9}, {0.5}});
  const Differences found = compare_answers({input(1, 2, 1), input(2, 1)}, same, same, NumberKind::kScore);
  EXPECT_EQ(found.numbers, 3);
  EXPECT_EQ(found.largest.distance, 0);
  EXPECT_EQ(found.tau, 1);
  EXPECT_EQ(found.tau_within, 1);
  EXPECT_EQ(found.choices, 1);  // an input of one response has no choice
  EXPECT_EQ(found.flipped, 0);
  EXPECT_EQ(found.labelled, 1);
  EXPECT_EQ(found.right, 1);
}

TEST(ModelComparison, FindsTheLargestDifferenceAndWhatItChanges) {
  const auto mine = values({{0.2, 0.1}, {0.7, 0.3}}), reference = values({{0.1, 0.25}, {0.7, 0.3}});
  const Differences found = compare_answers({input(4, 2, 1), input(9, 2, 0)}, mine, reference, NumberKind::kScore);
  EXPECT_DOUBLE_EQ(found.largest.distance, 0.15);
  EXPECT_EQ(found.largest.line, 4);
  EXPECT_EQ(found.choices, 2);
  EXPECT_EQ(found.flipped, 1);
  EXPECT_DOUBLE_EQ(found.widest_flip, 0.15);
  EXPECT_EQ(found.right, 1);
  EXPECT_EQ(found.right_reference, 2);
  EXPECT_DOUBLE_EQ(found.tau_within.value(), 0);  // -1 and 1
}

TEST(ModelComparison, ALogLikelihoodBeyondTenNatsIsHeldInProportion) {
  const auto mine = values({{-100.001}, {-5.0001}}), reference = values({{-100}, {-5}});
  const std::vector<VerifyInput> inputs{input(1, 1), input(2, 1)};
  const Differences nats = compare_answers(inputs, mine, reference, NumberKind::kLogLikelihood);
  EXPECT_NEAR(nats.largest.distance, 1e-3, 1e-12);
  EXPECT_EQ(nats.largest.line, 1);
  EXPECT_NEAR(nats.largest.scaled, 1e-4, 1e-12);
  EXPECT_NEAR(compare_answers(inputs, mine, reference, NumberKind::kScore).largest.scaled, 1e-3, 1e-12);
}

TEST(ModelComparison, WhatAModelDoesNotSayIsLeftOutAndCounted) {
  const auto mine = values({{1, 2}, {3, 4}}), reference = values({{kUnknown, 1}, {3, 4}});
  const Differences found =
      compare_answers({input(1, 2, 0), input(2, 2, 0)}, mine, reference, NumberKind::kLogLikelihood);
  EXPECT_EQ(found.numbers, 3);
  EXPECT_EQ(found.unknown, 1);
  EXPECT_EQ(found.choices, 1);  // a choice among some of the responses is none
  EXPECT_EQ(found.labelled, 1);
  EXPECT_EQ(found.largest.distance, 1);
}

TEST(ModelComparison, OutputsAreComparedByIdsWhereBothSayThem) {
  ModelAnswers mine = values({{}, {}, {}}), reference = mine;
  mine.outputs = {{candidate("a", {1})}, {candidate("b", {2})}, {candidate("c", {3})}};
  reference.outputs = {{candidate("a", {1})}, {candidate("b", {5})}, {candidate("c", {})}};
  const Differences found =
      compare_answers({input(1, 0), input(2, 0), input(3, 0)}, mine, reference, NumberKind::kLogLikelihood);
  EXPECT_EQ(found.outputs, 3);
  EXPECT_EQ(found.unequal_outputs, 1);
  EXPECT_EQ(found.first_unequal_output, "line 2, greedy: 'b', reference 'b'");
}

TEST(ModelComparison, CountsOfTokensAreComparedWhereTheyAreKnown) {
  ModelAnswers mine = values({{1, 2, 3}}), reference = mine;
  mine.tokens = {{4, 5, 6}};
  reference.tokens = {{4, 7, -1}};
  const Differences found = compare_answers({input(1, 3)}, mine, reference, NumberKind::kScore);
  EXPECT_EQ(found.token_counts, 2);
  EXPECT_EQ(found.unequal_token_counts, 1);
}

TEST(ModelComparison, RefusesAnswersToOtherInputs) {
  EXPECT_THROW(compare_answers({input(1, 1)}, values({}), values({{1}}), NumberKind::kScore), std::invalid_argument);
  EXPECT_THROW(compare_answers({input(1, 2)}, values({{1, 2}}), values({{1}}), NumberKind::kScore),
               std::invalid_argument);
}

class VerifyInputs : public ::testing::Test {
 protected:
  VerifyInputs() : path_(std::filesystem::temp_directory_path() / ("cappy-verify-" + std::to_string(::getpid()))) {}
  ~VerifyInputs() override { std::filesystem::remove(path_); }
  std::vector<VerifyInput> read(const std::string& text, std::int64_t limit = -1) {
    std::ofstream(path_) << text;
    return read_verify_inputs(path_, limit);
  }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const core::FileError& error) {
      return error.what();
    }
    return "accepted";
  }
  std::filesystem::path path_;
};

TEST_F(VerifyInputs, MayHaveResponsesOfEveryKind) {
  const auto inputs = read(R"({"instruction": "a"}
{"instruction": "b", "response": "c", "label": 1}
{"instruction": "d", "responses": ["e", "f"]}
{"instruction": "g", "choices": ["h", "i"], "label": 1}
{"instruction": "j", "choices": ["k", "l"], "label": null}
)");
  ASSERT_EQ(inputs.size(), 5u);
  EXPECT_TRUE(inputs[0].responses.empty());
  EXPECT_EQ(inputs[1].responses, std::vector<std::string>{"c"});
  EXPECT_FALSE(inputs[1].label);  // of the authors' lines: not a place among choices
  EXPECT_EQ(inputs[2].responses, (std::vector<std::string>{"e", "f"}));
  EXPECT_EQ(inputs[3].label, 1);
  EXPECT_EQ(inputs[3].line, 4);
  EXPECT_FALSE(inputs[4].label);
  EXPECT_EQ(read("{\"instruction\": \"a\"}\n{\"instruction\": \"b\"}\n", 1).size(), 1u);
}

TEST_F(VerifyInputs, RefusesWithTheLine) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "no lines"},
      {"{\"instruction\": \"a\"}\n{\"response\": \"b\"}\n", "line 2: field 'instruction' is missing"},
      {"{\"instruction\": \"a\", \"response\": \"b\", \"choices\": [\"c\"]}\n", "line 1: more than one of 'response'"},
      {"{\"instruction\": \"a\", \"choices\": [\"c\"], \"label\": 1}\n", "line 1: field 'label': 1 is no choice of 1"},
      {"{\"instruction\": \"a\", \"choices\": \"c\"}\n", "line 1: field 'choices'"},
      {"no JSON\n", "line 1"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_NE(refusal(text).find(message), std::string::npos) << refusal(text) << "\n" << message;
  EXPECT_THROW(read_verify_inputs("/none", -1), core::FileError);
}

}  // namespace
}  // namespace cli
