// Norm, activation, log-sum-exp: against float64, and the same bits alone, in a batch, shifted in memory and with two
// threads.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "backbones/nn/activation.h"
#include "backbones/nn/norm.h"
#include "backbones/nn/relative_position.h"

namespace {

double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

template <class Function>
void expect_rows_alone(const at::Tensor& x, const Function& f) {
  at::set_num_threads(1);
  const at::Tensor all = f(x);
  at::set_num_threads(2);
  EXPECT_TRUE(at::equal(f(x), all));
  at::set_num_threads(1);
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    const at::Tensor shifted = at::cat({at::zeros({1}), x[row].flatten()}).narrow(0, 1, x.size(1)).unsqueeze(0);
    ASSERT_TRUE(at::equal(f(x.narrow(0, row, 1)).squeeze(0), all[row])) << row;
    ASSERT_TRUE(at::equal(f(shifted).squeeze(0), all[row])) << row;
  }
}

TEST(RmsNorm, EqualsFloat64AndRowsStandAlone) {
  at::manual_seed(3);
  for (const std::int64_t width : {1, 5, 20, 33, 512, 768}) {
    const at::Tensor x = at::randn({150, width}) * 3, weight = at::randn({width});
    const nn::RmsNorm norm(weight, 1e-6);
    const at::Tensor exact = x.to(at::kDouble);
    const at::Tensor wanted = exact / (exact.pow(2).mean(-1, true) + 1e-6).sqrt() * weight.to(at::kDouble);
    EXPECT_LT(largest(norm.forward(x) - wanted), 1e-5) << width;
    expect_rows_alone(x, [&](const at::Tensor& rows) { return norm.forward(rows); });
  }
}

TEST(GatedGelu, EqualsFloat64AndRowsStandAlone) {
  at::manual_seed(4);
  for (const std::int64_t width : {1, 9, 36, 64, 2048}) {
    const at::Tensor x = at::randn({100, 2 * width}) * 4;
    const at::Tensor exact = x.to(at::kDouble);
    const at::Tensor wanted = at::gelu(exact.narrow(1, 0, width), "tanh") * exact.narrow(1, width, width);
    EXPECT_LT(largest((nn::gated_gelu(x) - wanted) / (1 + wanted.abs())), 2e-6) << width;
    expect_rows_alone(x, [](const at::Tensor& rows) { return nn::gated_gelu(rows); });
  }
}

TEST(GatedGelu, HoldsAtTheEnds) {
  const at::Tensor x =
      at::tensor({-1e30F, -50.F, -5.F, 0.F, 5.F, 50.F, 1e4F, 1.F, 1.F, 1.F, 1.F, 1.F, 1.F, 1.F}).unsqueeze(0);
  const at::Tensor wanted = at::gelu(x.narrow(1, 0, 7).to(at::kDouble), "tanh");
  EXPECT_LT(largest((nn::gated_gelu(x) - wanted) / (1 + wanted.abs())), 1e-6) << nn::gated_gelu(x);
}

TEST(LogSumExp, EqualsFloat64AndRowsStandAlone) {
  at::manual_seed(5);
  for (const std::int64_t width : {1, 7, 99, 1000, 32128}) {
    const at::Tensor x = at::randn({17, width}) * 8 + 20;
    EXPECT_LT(largest(nn::log_sum_exp(x) - at::logsumexp(x.to(at::kDouble), -1)), 2e-6) << width;
    expect_rows_alone(x, [](const at::Tensor& rows) { return nn::log_sum_exp(rows); });
  }
}

/// The formula of Mesh TensorFlow's T5, one distance at a time, in integers where that is exact.
std::int64_t naive_bucket(std::int64_t relative, bool bidirectional, std::int64_t buckets, double max_distance) {
  std::int64_t offset = 0;
  if (bidirectional) {
    buckets /= 2;
    if (relative > 0) offset = buckets;
    relative = std::abs(relative);
  } else {
    relative = std::max<std::int64_t>(-relative, 0);
  }
  const std::int64_t exact = buckets / 2;
  if (relative < exact) return offset + relative;
  const double steps = std::log(static_cast<double>(relative) / static_cast<double>(exact)) /
                       std::log(max_distance / static_cast<double>(exact)) * static_cast<double>(buckets - exact);
  return offset +
         std::min(exact + static_cast<std::int64_t>(steps + 1e-6), buckets - 1);  // 1e-6: float32 hits 2.0 exactly
}

TEST(RelativePosition, EveryDistanceHasTheReferencesBucket) {
  const at::Tensor table = at::arange(32 * 3).to(at::kFloat).view({32, 3});  // head h of bucket b: 3 b + h
  const std::int64_t length = 300;
  const at::Tensor both = nn::RelativePositionBias(table, {128, true}).between(length);
  const at::Tensor back = nn::RelativePositionBias(table, {128, false}).backwards(length);
  ASSERT_EQ(both.sizes(), at::IntArrayRef({3, length, length}));
  ASSERT_EQ(back.sizes(), at::IntArrayRef({3, length}));
  const auto at3 = both.accessor<float, 3>();
  for (std::int64_t query = 0; query < length; query += 7)
    for (std::int64_t key = 0; key < length; ++key)
      for (std::int64_t head = 0; head < 3; ++head)
        ASSERT_EQ(at3[head][query][key], static_cast<float>(3 * naive_bucket(key - query, true, 32, 128) + head))
            << query << " " << key;
  for (std::int64_t distance = 0; distance < length; ++distance)
    ASSERT_EQ(back[1][distance].item<float>(), static_cast<float>(3 * naive_bucket(-distance, false, 32, 128) + 1))
        << distance;
}

}  // namespace
