#include "harness/metrics/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace metrics {
namespace {

using Values = std::vector<double>;

/// The definition: every pair is looked at.
double slow_tau(const Values& x, const Values& y) {
  double sum = 0, untied_x = 0, untied_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int a = (x[i] > x[j]) - (x[i] < x[j]), b = (y[i] > y[j]) - (y[i] < y[j]);
      sum += a * b;
      untied_x += a != 0;
      untied_y += b != 0;
    }
  }
  return sum / std::sqrt(untied_x) / std::sqrt(untied_y);
}

TEST(KendallTau, OfSmallLists) {
  EXPECT_DOUBLE_EQ(kendall_tau_b(Values{1, 2, 3}, Values{1, 3, 2}).value(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(kendall_tau_b(Values{1, 2, 3, 4}, Values{10, 20, 30, 40}).value(), 1);
  EXPECT_DOUBLE_EQ(kendall_tau_b(Values{1, 2, 3, 4}, Values{4, 3, 2, 1}).value(), -1);
  EXPECT_DOUBLE_EQ(kendall_tau_b(Values{1, 1, 2}, Values{1, 2, 3}).value(), 2 / std::sqrt(6));
}

TEST(KendallTau, IsNothingWhereAListHasNoOrder) {
  EXPECT_FALSE(kendall_tau_b(Values{}, Values{}));
  EXPECT_FALSE(kendall_tau_b(Values{1}, Values{2}));
  EXPECT_FALSE(kendall_tau_b(Values{1, 1, 1}, Values{1, 2, 3}));
  EXPECT_FALSE(kendall_tau_b(Values{1, 2, 3}, Values{5, 5, 5}));
}

TEST(KendallTau, RefusesWhatHasNoOrder) {
  EXPECT_THROW(kendall_tau_b(Values{1, 2}, Values{1}), std::invalid_argument);
  EXPECT_THROW(kendall_tau_b(Values{1, std::numeric_limits<double>::quiet_NaN()}, Values{1, 2}), std::invalid_argument);
}

TEST(KendallTau, EqualsTheDefinitionOnRandomListsWithTies) {
  std::mt19937 random(7);
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t count = 2 + random() % 60;
    const unsigned levels = 1 + random() % 40;
    Values x, y;
    for (std::size_t i = 0; i < count; ++i) {
      x.push_back(random() % levels);
      y.push_back(random() % 2 ? x.back() : random() % levels);
    }
    const auto tau = kendall_tau_b(x, y);
    const double expected = slow_tau(x, y);
    ASSERT_EQ(tau.has_value(), std::isfinite(expected));
    if (!tau) continue;
    ASSERT_NEAR(*tau, expected, 1e-12);
    ++compared;
  }
  EXPECT_GT(compared, 250);
}

}  // namespace
}  // namespace metrics
