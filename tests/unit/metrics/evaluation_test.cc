#include "harness/metrics/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace metrics {
namespace {

MethodValues evaluated(const std::string& line, const std::vector<std::string>& references) {
  RougeL rouge_l;
  return evaluate(stored_candidates(core::JsonRecord::parse(line)), references, 0, rouge_l);
}

TEST(Evaluation, AuthorsFormAndOurs) {
  const auto flan = evaluated(R"({"instruction":"i","flan_samples":{
      "beam4":[{"response":"a","log_likelihood_sum":-3,"log_likelihood_mean":-1}],
      "topk40":[{"response":"b","log_likelihood_sum":-2,"log_likelihood_mean":-2},{"response":"a b","log_likelihood_sum":-2,"log_likelihood_mean":-1}]}})",
                              {"a b"});
  ASSERT_EQ(flan.size(), 6u);
  EXPECT_EQ(flan[0], (MethodValues::value_type{"beam4", 2.0 / 3}));
  EXPECT_EQ(flan[1], (MethodValues::value_type{"topk40", 2.0 / 3}));
  EXPECT_EQ(flan[2], (MethodValues::value_type{"self-score-sum", 2.0 / 3})) << "the first of -2 and -2";
  EXPECT_EQ(flan[3], (MethodValues::value_type{"self-score-mean", 2.0 / 3})) << "the first of -1 and -1";
  EXPECT_EQ(flan[4], (MethodValues::value_type{"oracle", 1.0}));
  const auto ours = evaluated(R"({"candidates":[{"response":"a b","decoding":"greedy","draw":0}]})", {"a b"});
  EXPECT_EQ(ours[1], (MethodValues::value_type{"self-score-sum", std::nullopt}));
  EXPECT_EQ(ours.back(), (MethodValues::value_type{"random", 1.0}));
}

TEST(Evaluation, ShapeIsWhatInstancesAgreeIn) {
  const auto shape = [](const char* line) { return stored_candidates(core::JsonRecord::parse(line)).shape; };
  EXPECT_EQ(shape(R"({"flan_samples":{"beam4":[{"response":"a"}],"mine":[{"response":"b"},{"response":"c"}]}})"),
            "flan_samples: beam4 x 1, mine x 2");
  EXPECT_EQ(shape(R"({"candidates":[{"response":"a","decoding":"x","draw":0},{"response":"b","decoding":"x","draw":1},
                      {"response":"a","decoding":"y","draw":0}]})"),
            "candidates: x, y");
}

TEST(Evaluation, PublishedLogLikelihoodsAreNotTheCandidatesOwn) {
  const StoredCandidates stored = stored_candidates(core::JsonRecord::parse(
      R"({"flan_samples":{"beam4":[{"response":"a","log_likelihood_sum":-3,"log_likelihood_mean":-1.5}]}})"));
  EXPECT_EQ(stored.sums, std::vector<double>{-3});
  EXPECT_EQ(stored.means, std::vector<double>{-1.5});
  EXPECT_TRUE(std::isnan(stored.candidates[0].log_likelihood));
}

TEST(Evaluation, ErrorsNameTheEntry) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"flan_samples":{"sampling":[{"response":"a"}],"beam4":[{"response":"b"}]}})",
       "field 'flan_samples': 'beam4' stands after 'sampling': the order is beam4, sampling, temp0.9, topk40, "
       "topp0.95"},
      {R"({"flan_samples":{"topk40":[{"response":"a","log_likelihood_sum":-1},{"response":"b"}]}})",
       "entry 1 of 'topk40' lacks log_likelihood_sum, which others have"},
      {R"({"flan_samples":{"beam4":[{"response":"a","log_likelihood_mean":null}],"topk40":[{"response":"a","log_likelihood_mean":0}]}})",
       "entry 0 of 'beam4' lacks log_likelihood_mean, which others have"},
      {R"({"flan_samples":{"topk40":[{"response":"a","log_likelihood_sum":"-1"}]}})",
       "entry 0 of 'topk40': log_likelihood_sum: expected a number"},
      {R"({"flan_samples":{"topk40":[{"response":"a"},{"text":"b"}]}})",
       "entry 1 of 'topk40': key 'response' is missing"},
      {R"({"flan_samples":[]})", "field 'flan_samples': expected an object, found a list"},
      {R"({"flan_samples":{"topk40":[],"beam4":[]}})", "decoding 'topk40' has no entries"}};
  for (const auto& [line, wanted] : cases) {
    try {
      stored_candidates(core::JsonRecord::parse(line));
      ADD_FAILURE() << line;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(wanted), std::string::npos) << error.what() << "\n wanted: " << wanted;
    }
  }
}

TEST(Evaluation, RefusesWhatIsIncomplete) {
  for (const char* line :
       {"{}", R"({"candidates":[],"flan_samples":{}})", R"({"candidates":[]})", R"({"flan_samples":{}})",
        R"({"flan_samples":{"beam4":[]}})", R"({"flan_samples":{"beam4":[{"text":"x"}]}})",
        R"({"candidates":[{"response":"a","decoding":"x","draw":1}]})", R"({"candidates":{}})",
        R"({"candidates":[{"response":"a","decoding":"oracle","draw":0}]})",
        R"({"flan_samples":{"self-score-sum":[{"response":"a"}]}})",
        R"({"candidates":[{"response":"a","decoding":"cappy large","draw":0}]})"})
    EXPECT_THROW(stored_candidates(core::JsonRecord::parse(line)), std::runtime_error) << line;
}

}  // namespace
}  // namespace metrics
