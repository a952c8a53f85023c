// The selections and sums over a row against full sorts and sums in long double.
#include "backbones/decoding/logits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace decoding {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_logits(std::mt19937& generator, std::size_t size, bool quantised) {
  std::normal_distribution<float> normal(0.0f, 3.0f);
  std::vector<float> logits(size);
  for (float& logit : logits) logit = quantised ? std::round(normal(generator)) : normal(generator);
  return logits;
}

/// All tokens by falling logit, of equals the lower token first.
std::vector<TokenLogit> sorted(const std::vector<float>& logits) {
  std::vector<TokenLogit> all;
  for (std::size_t i = 0; i < logits.size(); ++i) all.push_back({static_cast<std::int32_t>(i), logits[i]});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.logit > b.logit; });
  return all;
}

TEST(Logits, SelectionsEqualAFullSort) {
  std::mt19937 generator(5);
  for (int trial = 0; trial < 400; ++trial) {
    const std::size_t size = trial % 10 == 0 ? 32128 : 1 + generator() % 700;
    std::vector<float> logits = random_logits(generator, size, trial % 2 == 0);
    if (trial % 3 == 0) logits[generator() % size] = -kInfinity;
    const std::vector<TokenLogit> all = sorted(logits);
    EXPECT_EQ(highest(logits).token, all[0].token);
    for (const std::size_t k : {std::size_t{1}, std::size_t{8}, std::size_t{50}, size / 2 + 1, size, size + 3}) {
      const std::vector<TokenLogit> best = top_k(logits, k);
      ASSERT_EQ(best.size(), std::min(k, size));
      for (std::size_t i = 0; i < best.size(); ++i) ASSERT_EQ(best[i].token, all[i].token) << size << " " << k;
      if (k > size) continue;
      ASSERT_EQ(kth_highest(logits, k), all[k - 1].logit);
      const std::vector<TokenLogit> reached = at_least(logits, all[k - 1].logit);
      const auto above = std::count_if(all.begin(), all.end(), [&](auto& t) { return t.logit >= all[k - 1].logit; });
      ASSERT_EQ(static_cast<std::ptrdiff_t>(reached.size()), above);
      ASSERT_TRUE(std::is_sorted(reached.begin(), reached.end(), [](auto& a, auto& b) { return a.token < b.token; }));
    }
  }
}

TEST(Logits, LogSumExpWithinFloatOfLongDouble) {
  std::mt19937 generator(6);
  double worst = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<float> logits = random_logits(generator, 1 + generator() % 5000, false);
    const float scale = std::exp2(static_cast<float>(trial % 8) - 3);
    for (float& logit : logits) logit *= scale;
    long double sum = 0;
    const float top = *std::max_element(logits.begin(), logits.end());
    for (const float logit : logits) sum += std::exp(static_cast<long double>(logit) - top);
    worst = std::max(worst, std::abs(log_sum_exp(logits) - static_cast<double>(top + std::log(sum))));
  }
  EXPECT_LT(worst, 3e-7);
}

TEST(Logits, LogSumExpByHand) {
  EXPECT_EQ(log_sum_exp(std::vector<float>{7.5f}), 7.5);
  EXPECT_NEAR(log_sum_exp(std::vector<float>{0.0f, 0.0f}), std::log(2.0), 1e-12);
  EXPECT_NEAR(log_sum_exp(std::vector<float>{3.0f, -kInfinity}), 3.0, 1e-12);
  EXPECT_NEAR(log_sum_exp(std::vector<float>{1000.0f, 0.0f}), 1000.0, 1e-12);
}

TEST(Logits, WhatIsNotFiniteIsAnError) {
  for (const std::size_t size : {1u, 5u, 40u}) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity}) {
      for (std::size_t place = 0; place < size; ++place) {
        std::vector<float> logits(size, 1.0f);
        logits[place] = bad;
        EXPECT_THROW(log_sum_exp(logits), std::runtime_error) << size << " " << place;
      }
    }
    EXPECT_THROW(log_sum_exp(std::vector<float>(size, -kInfinity)), std::runtime_error);
  }
}

}  // namespace
}  // namespace decoding
