#include "backbones/nn/linear.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace {

TEST(Linear, EqualsFloat64) {
  at::manual_seed(1);
  for (const auto& [rows, in, out] :
       std::vector<std::array<std::int64_t, 3>>{{1, 5, 7}, {3, 20, 36}, {600, 64, 33}, {1025, 17, 4}}) {
    const at::Tensor x = at::randn({rows, in}), w = at::randn({out, in}), b = at::randn({out});
    const at::Tensor wanted = at::linear(x.to(at::kDouble), w.to(at::kDouble), b.to(at::kDouble));
    EXPECT_LT((nn::Linear(w, b, backbones::ModelOptions{}).forward(x) - wanted).abs().max().item<double>(), 3e-5);
    const at::Tensor plain = wanted - b;
    EXPECT_LT((nn::Linear(w, {}, backbones::ModelOptions{}).forward(x) - plain).abs().max().item<double>(), 3e-5);
  }
}

TEST(Linear, KeepsLeadingDimensionsAndTakesViews) {
  const at::Tensor w = at::randn({6, 4}), x = at::randn({4, 3, 2}).transpose(0, 2);  // [2, 3, 4], not contiguous
  const nn::Linear linear(w, {}, backbones::ModelOptions{});
  EXPECT_EQ(linear.forward(x).sizes(), at::IntArrayRef({2, 3, 6}));
  EXPECT_TRUE(at::allclose(linear.forward(x), at::linear(x, w), 1e-5, 1e-5));
  EXPECT_EQ(linear.forward(at::empty({0, 4})).sizes(), at::IntArrayRef({0, 6}));
  EXPECT_ANY_THROW(linear.forward(at::zeros({2, 5})));
}

// The promise of the header, on the shapes of real models.
TEST(Linear, ARowsBitsDoNotDependOnItsNeighbours) {
  at::manual_seed(2);
  for (const auto& [in, out] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {512, 1536}, {768, 768}, {768, 4096}, {2048, 768}, {384, 512}}) {
    const nn::Linear linear(at::randn({out, in}) * 0.05, {}, backbones::ModelOptions{});
    const at::Tensor x = at::randn({600, in});
    at::set_num_threads(1);
    const at::Tensor all = linear.forward(x);
    for (const int threads : {1, 2}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(at::equal(linear.forward(x), all)) << in << " " << out << " threads " << threads;
      for (const std::int64_t rows : {1, 2, 3, 5, 7, 16, 17, 20, 31, 33, 64, 100, 240, 512, 513})
        for (const std::int64_t first : {0, 3}) {
          const at::Tensor part = linear.forward(x.narrow(0, first, rows));
          ASSERT_TRUE(at::equal(part, all.narrow(0, first, rows)))
              << in << "x" << out << ", rows " << rows << " from " << first << ", threads " << threads;
        }
    }
    at::set_num_threads(1);
  }
}

}  // namespace
