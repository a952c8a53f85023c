#include "harness/core/random.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace core {
namespace {

using Four = std::array<std::uint32_t, 4>;

// Random123's kat_vectors, philox4x32 with 10 rounds: zeros, all ones, digits of pi.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}), (Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Uniform, DependsOnEveryPartOfItsKey) {
  const DrawKey key{1, 2, 3, 4};
  std::set<double> seen{uniform(key, 5),
                        uniform({0, 2, 3, 4}, 5),
                        uniform({1, 0, 3, 4}, 5),
                        uniform({1, 2, 0, 4}, 5),
                        uniform({1, 2, 3, 0}, 5),
                        uniform(key, 0),
                        uniform({1ull << 32, 2, 3, 4}, 5),
                        uniform({1, 2ull << 32, 3, 4}, 5),
                        uniform({1, 2, 3ull << 32, 4}, 5)};
  EXPECT_EQ(seen.size(), 9u);
  EXPECT_EQ(uniform(key, 5), uniform(key, 5));
}

TEST(Uniform, HasTheMomentsOfAUniform) {
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0;
  for (std::uint32_t step = 0; step < kDraws; ++step) {
    const double u = uniform({7, 8, 9, 0}, step);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, 0.005);  // five standard errors
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

// CPython: random.seed(s); [random.random(), random.getrandbits(32)].
TEST(PythonRandom, KnownAnswers) {
  EXPECT_EQ(PythonRandom(42).random(), 0.6394267984578837);
  EXPECT_EQ(PythonRandom(0).random(), 0.8444218515250481);
  EXPECT_EQ(PythonRandom(11111).next32(), 4071297090u);
  EXPECT_EQ(PythonRandom(1ull << 40).random(), 0.1036394562812375);
}

std::vector<int> shuffled(int n) {
  std::vector<int> items(static_cast<std::size_t>(n));
  std::iota(items.begin(), items.end(), 0);
  PythonRandom(42).shuffle(items);
  return items;
}

TEST(PythonRandom, ShufflesAsCPython) {
  EXPECT_EQ(shuffled(10), (std::vector<int>{7, 3, 2, 8, 5, 6, 9, 4, 0, 1}));
  const auto first = [](const std::vector<int>& items, int n) {
    return std::vector<int>(items.begin(), items.begin() + n);
  };
  EXPECT_EQ(first(shuffled(34), 9), (std::vector<int>{5, 19, 20, 12, 24, 28, 15, 10, 16}));
  const auto large = shuffled(100000);
  EXPECT_EQ(first(large, 5), (std::vector<int>{3813, 99183, 80737, 65674, 53670}));
  EXPECT_EQ(std::vector<int>(large.end() - 5, large.end()), (std::vector<int>{36048, 97196, 3278, 14592, 83810}));
}

TEST(PythonRandom, BelowStaysBelow) {
  PythonRandom random(1);
  for (const std::uint64_t n : {1ull, 2ull, 3ull, 7ull, 1000ull, 1ull << 31, 1ull << 32})
    for (int i = 0; i < 200; ++i) ASSERT_LT(random.below(n), n);
  EXPECT_THROW(random.below(0), std::invalid_argument);
}

TEST(NumpyPermutation, PublishedTable) {
  const std::vector<std::vector<std::size_t>> table{{0},
                                                    {1, 0},
                                                    {0, 1, 2},
                                                    {1, 3, 0, 2},
                                                    {1, 4, 2, 0, 3},
                                                    {0, 1, 5, 2, 4, 3},
                                                    {0, 1, 5, 2, 4, 3, 6},
                                                    {1, 5, 0, 7, 2, 4, 3, 6}};
  for (const auto& expected : table) EXPECT_EQ(numpy_permutation(42, expected.size()), expected);
  EXPECT_TRUE(numpy_permutation(42, 0).empty());
}

}  // namespace
}  // namespace core
