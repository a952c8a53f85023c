#include "backbones/nn/key_value_pool.h"

#include <gtest/gtest.h>

namespace {

TEST(KeyValuePool, GrowsAndKeepsWhatWasWritten) {
  nn::KeyValuePool pool({2, 3, 16}, at::kCPU);
  pool.grow(5);
  pool.layer(1).narrow(0, 0, 5).copy_(at::arange(5).view({5, 1, 1, 1}).expand({5, 2, 3, 16}));
  pool.grow(100);
  EXPECT_EQ(pool.rows(), 105);
  for (std::int64_t row = 0; row < 5; ++row) EXPECT_EQ(pool.layer(1)[row][1][2][15].item<float>(), row);
}

TEST(KeyValuePool, ForgetsWhatNoListNames) {
  nn::KeyValuePool pool({1, 1, 16}, at::kCPU);
  constexpr std::int64_t kRows = 10'000;
  pool.grow(kRows);
  pool.layer(0).narrow(0, 0, kRows).copy_(at::arange(kRows).view({kRows, 1, 1, 1}).expand({kRows, 2, 1, 16}));
  std::vector<std::vector<std::int32_t>> lists{{9'999, 3, 700}, {}, {3, 5}};
  const auto read = [&] {
    std::vector<std::vector<float>> values;
    for (const auto& list : lists) {
      values.emplace_back();
      for (const std::int32_t row : list) values.back().push_back(pool.layer(0)[row][0][0][0].item<float>());
    }
    return values;
  };
  const auto before = read();
  nn::forget_unread(pool, lists);
  EXPECT_EQ(pool.rows(), 4);
  EXPECT_EQ(read(), before);
}

TEST(KeyValuePool, ForgetsNothingWhereHalfIsRead) {
  nn::KeyValuePool pool({1, 1, 16}, at::kCPU);
  pool.grow(10'000);
  std::vector<std::vector<std::int32_t>> lists{{}};
  for (std::int32_t row = 0; row < 5'001; ++row) lists[0].push_back(row);
  nn::forget_unread(pool, lists);
  EXPECT_EQ(pool.rows(), 10'000);
}

}  // namespace
