#include "harness/metrics/evaluation.h"

#include <gtest/gtest.h>

#include <stdexcept>

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
