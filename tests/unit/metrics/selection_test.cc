#include "harness/metrics/selection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace metrics {
namespace {

using Values = std::vector<double>;

core::Candidate candidate(const std::string& decoding, std::int64_t draw, double log_likelihood, std::int64_t tokens) {
  return {"r", decoding, draw, {}, log_likelihood, tokens, core::End::kEos};
}

TEST(Selection, FirstStrictMaximum) {
  EXPECT_EQ(first_maximum(Values{1, 3, 3, 2}), 1u);
  EXPECT_EQ(first_maximum(Values{-5}), 0u);
  EXPECT_EQ(first_maximum(Values{0.0, -0.0}), 0u);
  EXPECT_THROW(first_maximum(Values{}), std::invalid_argument);
  EXPECT_THROW(first_maximum(Values{1, std::nan("")}), std::invalid_argument);
}

TEST(Selection, DecodingsAndTheirDrawZero) {
  const std::vector<core::Candidate> all{candidate("beam4", 0, -1, 1), candidate("sampling", 1, -1, 1),
                                         candidate("sampling", 0, -1, 1)};
  EXPECT_EQ(decodings_of(all), (std::vector<std::string>{"beam4", "sampling"}));
  EXPECT_EQ(draw_zero(all, "sampling"), 2u);
  EXPECT_THROW(draw_zero(all, "topk40"), std::invalid_argument);
  EXPECT_NO_THROW(check_candidates(all));
  EXPECT_THROW(check_candidates(std::vector{candidate("a", 1, 0, 0)}), std::invalid_argument);
  EXPECT_THROW(check_candidates(std::vector{candidate("a", 0, 0, 0), candidate("a", 0, 0, 0)}), std::invalid_argument);
  EXPECT_THROW(check_candidates({}), std::invalid_argument);
}

TEST(Selection, SelfScoreBySumAndByMean) {
  const std::vector<core::Candidate> all{candidate("a", 0, -2, 1), candidate("b", 0, -3, 3), candidate("c", 0, -2, 2)};
  EXPECT_EQ(self_score(log_likelihood_sums(all)), 0u);
  EXPECT_EQ(self_score(log_likelihood_means(all)), 1u) << "-1 twice: the first";
  EXPECT_EQ(self_score(Values{-1, std::nan("")}), std::nullopt) << "one unknown: n/a";
  EXPECT_TRUE(std::isnan(log_likelihood_means(std::vector{candidate("a", 0, 0, 0)})[0]));
}

TEST(Selection, RandomChoiceIsKeyedAndUniform) {
  EXPECT_EQ(random_choice(1, "do this", 17), random_choice(1, "do this", 17));
  std::vector<int> counts(4);
  for (int i = 0; i < 8000; ++i) ++counts[random_choice(5, "instruction " + std::to_string(i), 4)];
  for (const int count : counts) EXPECT_NEAR(count, 2000, 200);  // five standard deviations
  int moved = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    moved += random_choice(seed, "x", 4) != random_choice(seed + 1, "x", 4);
  EXPECT_GT(moved, 50);
  EXPECT_THROW(random_choice(0, "x", 0), std::invalid_argument);
}

}  // namespace
}  // namespace metrics
