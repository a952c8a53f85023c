// Picks, means and counters of small cases worked out by hand.
#include "harness/run/outcome.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace run {
namespace {

core::Candidate candidate(const std::string& response, const std::string& decoding, std::int64_t draw, core::End end) {
  return {response, decoding, draw, {5, 1}, -1.0, 2, end};
}

Experiment two_decodings() {
  Experiment experiment;
  experiment.decodings = backbones::decodings_from("greedy");
  experiment.decodings.push_back(backbones::decodings_from("sample:2")[0]);
  experiment.methods = {Method::kEachDecoding, Method::kSelfScoreSum, Method::kSelfScoreMean,
                        Method::kCappy,        Method::kOracle,       Method::kRandom};
  experiment.scorers.resize(1);
  experiment.scorers[0].name = "c";
  return experiment;
}

Evidence generation() {
  Evidence evidence;
  evidence.task = "sort";
  evidence.backbone = "t5";
  evidence.instances = {{"0", "", "one", {"a b"}, {}, {}}, {"1", "", "two", {"c", "d"}, {}, {}}};
  for (int i = 0; i < 2; ++i) {
    evidence.generated.push_back(
        {{candidate("x", "greedy", 0, core::End::kEos), candidate("y", "sampling", 0, core::End::kLength),
          candidate("z", "sampling", 1, core::End::kEos)},
         i,
         i});
    evidence.responses.push_back({"x", "y", "z"});
  }
  evidence.metric = {{0.1, 0.2, 0.6}, {0.5, 0.5, 0.25}};
  evidence.self_scored = {{{-4, -3, -9}, {2, 1, 9}, 0, 2}, {{-1, -1, -2}, {1, 1, 4}, 0, 0}};
  evidence.scored = {{{{0.3, 0.9, 0.9}, 1}, {{-1, -2, 0}, 0}}};
  return evidence;
}

double value(const Outcome& outcome, const std::string& method) {
  for (const core::ResultRow& row : outcome.rows) {
    if (row.method == method) return row.value.value();
  }
  throw std::runtime_error("no row of " + method);
}

TEST(Outcome, GenerationByHand) {
  const Outcome outcome = judge(two_decodings(), generation());
  EXPECT_EQ(outcome.rows.size(), 7u);
  EXPECT_EQ(value(outcome, "greedy"), (0.1 + 0.5) / 2);
  EXPECT_EQ(value(outcome, "sampling"), (0.2 + 0.5) / 2);
  EXPECT_EQ(value(outcome, "self-score-sum"), (0.2 + 0.5) / 2);    // -3; the first of two -1
  EXPECT_EQ(value(outcome, "self-score-mean"), (0.6 + 0.25) / 2);  // -1; -0.5
  EXPECT_EQ(value(outcome, "cappy"), (0.2 + 0.25) / 2);            // the first of two 0.9; 0
  EXPECT_EQ(value(outcome, "oracle"), (0.6 + 0.5) / 2);
  for (const core::ResultRow& row : outcome.rows) EXPECT_EQ(row.n, 2);
  EXPECT_EQ(outcome.rows[4].scorer, "c");
}

TEST(Outcome, WhatIsNotKnownIsNoNumber) {
  Evidence evidence = generation();
  const double unknown = std::nan("");
  evidence.self_scored = {{{-4, -3, -9}, {2, core::kUnknownCount, 9}, core::kUnknownCount, core::kUnknownCount},
                          {{-1, unknown, -2}, {1, 1, 4}, core::kUnknownCount, core::kUnknownCount}};
  for (Generated& generated : evidence.generated) {
    generated.source_tokens_cut = generated.references_too_long = core::kUnknownCount;
    generated.candidates[0].end = core::End::kUnknown;
  }
  evidence.scored[0][0].pairs_cut = core::kUnknownCount;
  const Outcome outcome = judge(two_decodings(), evidence);
  ASSERT_EQ(outcome.rows.size(), 7u);
  for (const core::ResultRow& row : outcome.rows) EXPECT_EQ(row.value.has_value(), !row.method.starts_with("self"));
  const core::Json first = core::parse_json(outcome.lines.at(0)), second = core::parse_json(outcome.lines.at(1));
  EXPECT_EQ(first.at("predictions").as_array().size(), 6u);   // no mean
  EXPECT_EQ(second.at("predictions").as_array().size(), 5u);  // neither sum nor mean
  const core::Json& self_score = first.at("candidates").as_array().at(1).at("self_score");
  EXPECT_TRUE(self_score.at("tokens").is_null());
  EXPECT_EQ(self_score.at("log_likelihood").as_double(), -3);
  EXPECT_EQ(outcome.counters.inputs, 0);
  EXPECT_EQ(outcome.counters.references, 0);
  EXPECT_EQ(outcome.counters.outputs, 4);
  EXPECT_EQ(outcome.counters.self_scored, 0);
  EXPECT_EQ(outcome.counters.pairs, 3);
}

TEST(Outcome, CountsWhatWasCut) {
  const reports::TaskCounters counters = judge(two_decodings(), generation()).counters;
  EXPECT_EQ(counters.instances, 2);
  EXPECT_EQ(counters.inputs, 2);
  EXPECT_EQ(counters.inputs_cut, 1);
  EXPECT_EQ(counters.outputs, 6);
  EXPECT_EQ(counters.outputs_at_limit, 2);
  EXPECT_EQ(counters.self_scored, 6);
  EXPECT_EQ(counters.self_scored_cut, 2);
  EXPECT_EQ(counters.pairs, 6);
  EXPECT_EQ(counters.pairs_cut, 1);
  EXPECT_EQ(counters.references, 3);
  EXPECT_EQ(counters.references_too_long, 1);
}

TEST(Outcome, InstanceLinesHoldEverything) {
  const Outcome outcome = judge(two_decodings(), generation());
  const core::Json line = core::parse_json(outcome.lines.at(0));
  const core::Json& second = line.at("candidates").as_array().at(1);
  EXPECT_EQ(second.at("rouge_l").as_double(), 0.2);
  EXPECT_EQ(second.at("scores").at("c").as_double(), 0.9);
  EXPECT_EQ(second.at("self_score").at("log_likelihood").as_double(), -3);
  EXPECT_EQ(second.at("self_score").at("tokens").as_integer(), 1);
  const core::Json& cappy = line.at("predictions").as_array().at(4);
  EXPECT_EQ(cappy.at("method").as_string(), "cappy");
  EXPECT_EQ(cappy.at("choice").as_integer(), 1);
  EXPECT_EQ(cappy.at("response").as_string(), "y");
}

Evidence classification() {
  Evidence evidence;
  evidence.task = "rte";
  evidence.kind = core::TaskKind::kClassification;
  evidence.instances = {{"0/a", "a", "one", {}, {"yes", "no"}, 1}, {"1/a", "a", "two", {}, {"no", "maybe", "no"}, 2}};
  evidence.responses = {{"yes", "no"}, {"no", "maybe", "no"}};
  evidence.scored = {{{{0.5, 0.5}, 0}, {{0.7, 0.1, 0.6}, 0}}};
  return evidence;
}

TEST(Outcome, ByBytesAndLessTheUnconditional) {
  Experiment experiment = two_decodings();
  experiment.methods = {Method::kSelfScoreBytes, Method::kSelfScoreUnconditional};
  Evidence evidence = generation();
  evidence.responses = {{"xx", "\u00e9\u00e9\u00e9", ""}, {"x", "", ""}};
  evidence.unconditional = {{"xx", -1}, {"\u00e9\u00e9\u00e9", -1.5}, {"", -8}, {"x", 2}};
  const Outcome outcome = judge(experiment, evidence);
  // -4/2, -3/6 (bytes, not characters), an empty response never; -1/1.
  EXPECT_EQ(value(outcome, "self-score-bytes"), (0.2 + 0.5) / 2);
  // -3, -1.5, -1; -3, 7, 6.
  EXPECT_EQ(value(outcome, "self-score-unconditional"), (0.6 + 0.5) / 2);
  EXPECT_NE(outcome.lines[0].find(R"("self_score":{"log_likelihood":-4.0,"tokens":2,"unconditional":-1.0})"),
            std::string::npos)
      << outcome.lines[0];
  EXPECT_EQ(outcome.counters.empty_responses, 3);
  EXPECT_EQ(outcome.counters.responses, 6);
}

TEST(Outcome, WhereAllResponsesAreEmptyTheFirstIsTaken) {
  Experiment experiment = two_decodings();
  experiment.methods = {Method::kSelfScoreBytes};
  Evidence evidence = generation();
  evidence.responses = {{"", "", ""}, {"", "", ""}};
  EXPECT_EQ(value(judge(experiment, evidence), "self-score-bytes"), (0.1 + 0.5) / 2);
}

TEST(Outcome, TemplatesArePooledOrAveraged) {
  Experiment experiment = two_decodings();
  experiment.methods = {Method::kCappy};
  Evidence evidence;
  evidence.task = "rte";
  evidence.kind = core::TaskKind::kClassification;
  for (int i = 0; i < 3; ++i) {  // template a: wrong; template b: wrong, right
    evidence.instances.push_back({std::to_string(i), i == 0 ? "a" : "b", "x", {}, {"yes", "no"}, i == 2 ? 0 : 1});
    evidence.responses.push_back({"yes", "no"});
  }
  evidence.scored = {{{{1, 0}, 0}, {{1, 0}, 0}, {{1, 0}, 0}}};
  const Outcome micro = judge(experiment, evidence);
  EXPECT_EQ(value(micro, "cappy"), 1.0 / 3);
  experiment.average.templates = metrics::Mean::kMacro;
  const Outcome macro = judge(experiment, evidence);
  EXPECT_EQ(value(macro, "cappy"), (0 + 0.5) / 2);
  EXPECT_EQ(macro.rows[0].n, 3);
  ASSERT_EQ(macro.template_rows.size(), 2u);
  EXPECT_EQ(macro.template_rows[0].template_name, "a");
  EXPECT_EQ(macro.template_rows[0].row.value, 0.0);
  EXPECT_EQ(macro.template_rows[1].row.value, 0.5);
  EXPECT_EQ(macro.template_rows[1].row.n, 2);
  EXPECT_EQ(macro.template_rows[1].row.scorer, "c");
}

TEST(Outcome, ClassificationTakesTheFirstMaximumAndComparesTexts) {
  const Outcome outcome = judge(two_decodings(), classification());
  ASSERT_EQ(outcome.rows.size(), 2u);  // cappy and random: the others cannot apply
  EXPECT_EQ(value(outcome, "cappy"),
            0.5);  // "yes" is wrong by the tie; the first "no" is right, though its index is not the label
  EXPECT_EQ(outcome.rows[0].metric, "accuracy");
}

TEST(Outcome, AnUnlabelledInstanceIsAnError) {
  Evidence evidence = classification();
  evidence.instances[1].label = {};
  EXPECT_THROW(judge(two_decodings(), evidence), std::runtime_error);
  evidence.instances[1].label = 3;
  EXPECT_THROW(judge(two_decodings(), evidence), std::runtime_error);
}

TEST(Outcome, AMissingDrawAndANotANumberAreErrors) {
  Evidence evidence = generation();
  evidence.generated[0].candidates[0].draw = 1;
  EXPECT_ANY_THROW(judge(two_decodings(), evidence));
  evidence = generation();
  evidence.scored[0][0].score[1] = std::nan("");
  EXPECT_ANY_THROW(judge(two_decodings(), evidence));
}

}  // namespace
}  // namespace run
