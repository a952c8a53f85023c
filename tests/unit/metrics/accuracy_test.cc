#include "harness/metrics/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace metrics {
namespace {

using Indices = std::vector<std::int64_t>;

TEST(Accuracy, CountsHits) {
  EXPECT_EQ(accuracy(Indices{0, 1, 2, 0}, Indices{0, 1, 1, 1}), 0.5);
  EXPECT_THROW(accuracy(Indices{}, Indices{}), std::invalid_argument);
  EXPECT_THROW(accuracy(Indices{0}, Indices{0, 1}), std::invalid_argument);
  EXPECT_THROW(accuracy(Indices{-1}, Indices{-1}), std::invalid_argument) << "an unlabelled example is no hit";
}

TEST(Mean, RefusesWhatWouldBeSilentlyWrong) {
  EXPECT_EQ(mean(std::vector<double>{1, 2, 6}), 3.0);
  EXPECT_THROW(mean(std::vector<double>{}), std::invalid_argument);
  EXPECT_THROW(mean(std::vector<double>{1, std::nan("")}), std::invalid_argument);
}

}  // namespace
}  // namespace metrics
