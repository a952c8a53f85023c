#include "harness/core/records.h"

#include <gtest/gtest.h>

#include <cmath>

namespace core {
namespace {

template <class Record, class FromJson>
void expect_round_trip(const Record& record, FromJson from_json) {
  const std::string text = write_json(to_json(record));
  EXPECT_EQ(write_json(to_json(from_json(parse_json(text)))), text);
}

TEST(Records, RoundTrip) {
  expect_round_trip(Instance{"3", "", "do \"this\"\n", {"a", "\u00e9"}, {}, {}}, instance_from_json);
  expect_round_trip(Instance{"3/GPT", "GPT", "x", {}, {"yes", "no"}, 1}, instance_from_json);
  expect_round_trip(Instance{"4", "", "x", {"a"}, {}, {}, "q a\n\n"}, instance_from_json);
  expect_round_trip(Candidate{"r", "topk40", 3, {5, 1}, -0.1, 2, End::kLength}, candidate_from_json);
  expect_round_trip(TrainingPair{"i", "r", 1.0 / 3}, training_pair_from_json);
  expect_round_trip(Prediction{"oracle", 4, "r", 0.5}, prediction_from_json);
  expect_round_trip(ResultRow{"rte", TaskKind::kClassification, "", "cappy", "cappy", "accuracy", 0.25, 277},
                    result_row_from_json);
  expect_round_trip(ResultRow{"rte", TaskKind::kGeneration, "b", "", "self-score-sum", "rouge_l", {}, 3},
                    result_row_from_json);
}

TEST(Records, FormIsTheDocumentedOne) {
  EXPECT_EQ(
      write_json(to_json(Candidate{"a b", "beam4", 0, {7, 1}, -1.5, 2, End::kEos})),
      R"({"response":"a b","decoding":"beam4","draw":0,"ids":[7,1],"log_likelihood":-1.5,"tokens":2,"end":"eos"})");
}

TEST(Records, UnknownLogLikelihoodIsNullNeverZero) {
  const Candidate candidate = candidate_from_json(parse_json(R"({"response":"a","decoding":"api","draw":0})"));
  EXPECT_TRUE(std::isnan(candidate.log_likelihood));
  EXPECT_TRUE(to_json(candidate).at("log_likelihood").is_null());
}

TEST(Records, WhatACandidateDoesNotSayIsNull) {
  const Candidate candidate = candidate_from_json(parse_json(R"({"response":"a","decoding":"api","draw":0})"));
  EXPECT_EQ(candidate.tokens, kUnknownCount);
  EXPECT_EQ(candidate.end, End::kUnknown);
  const std::string written =
      R"({"response":"a","decoding":"api","draw":0,"ids":null,"log_likelihood":null,"tokens":null,"end":null})";
  EXPECT_EQ(write_json(to_json(candidate)), written);
  EXPECT_EQ(write_json(to_json(candidate_from_json(parse_json(written)))), written);
  const Candidate counted = candidate_from_json(parse_json(R"({"response":"a","decoding":"x","draw":0,"ids":[3,1]})"));
  EXPECT_EQ(counted.tokens, 2);
}

TEST(Records, ErrorsNameTheField) {
  const auto message = [](const char* text) -> std::string {
    try {
      candidate_from_json(parse_json(text));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message(R"({"decoding":"x","draw":0})"), "field 'response' is missing");
  EXPECT_EQ(message(R"({"response":1,"decoding":"x","draw":0})"),
            "field 'response': expected a string, found a number");
  EXPECT_EQ(message(R"({"response":"a","decoding":"x","draw":0,"ids":[1.5]})"),
            "field 'ids': expected an integer, found a number");
  EXPECT_EQ(message(R"({"response":"a","decoding":"x","draw":0,"end":"stopped"})"),
            "field 'end': 'stopped' is none of eos, stop, length");
}

}  // namespace
}  // namespace core
