#include "backbones/nn/linear.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace {

using backbones::NumberFormat;

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

backbones::ModelOptions with(NumberFormat dtype, std::optional<NumberFormat> weights = std::nullopt) {
  backbones::ModelOptions options;
  options.dtype = dtype;
  options.weights = weights;
  return options;
}

const std::vector<backbones::ModelOptions> kArithmetics = {
    with(NumberFormat::kFloat32), with(NumberFormat::kFloat32, NumberFormat::kFloat16),
    with(NumberFormat::kFloat32, NumberFormat::kBfloat16), with(NumberFormat::kBfloat16), with(NumberFormat::kInt8)};

double greatest(const at::Tensor& difference) { return difference.abs().max().item<double>(); }

TEST(Linear, SixteenBitsOfWeightsAreTheRoundedWeightsInFloat32) {
  at::manual_seed(3);
  for (const std::int64_t rows : {1, 6, 7, 40}) {
    const at::Tensor x = at::randn({rows, 700}), w = at::randn({33, 700}) * 0.1;
    for (const auto& [format, type] :
         {std::pair(NumberFormat::kFloat16, at::kHalf), std::pair(NumberFormat::kBfloat16, at::kBFloat16)}) {
      const at::Tensor wanted = at::linear(x.to(at::kDouble), w.to(type).to(at::kDouble));
      EXPECT_LT(greatest(nn::Linear(w, {}, with(NumberFormat::kFloat32, format)).forward(x) - wanted), 3e-5);
    }
  }
}

TEST(Linear, Bfloat16RoundsBothFactors) {
  at::manual_seed(4);
  const at::Tensor x = at::randn({9, 350}), w = at::randn({20, 350}) * 0.1;
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kDouble); };
  const at::Tensor mine = nn::Linear(w, {}, with(NumberFormat::kBfloat16)).forward(x);
  EXPECT_LT(greatest(mine - at::linear(rounded(x), rounded(w))),
            0.02);  // where hardware does it, the result is rounded
}

/// [R, K] -> whole numbers of -127 … 127 and the scale of each row.
std::pair<at::Tensor, at::Tensor> quantised(const at::Tensor& rows) {
  const at::Tensor scale = rows.abs().amax(1, true) / 127.0;
  return {at::round(rows / scale.clamp_min(1e-30)).to(at::kDouble), scale.to(at::kDouble)};
}

TEST(Linear, Int8MultipliesWholeNumbersOfRowsAndOutputs) {
  at::manual_seed(5);
  for (const std::int64_t rows : {1, 4, 5, 90}) {
    const at::Tensor x = at::randn({rows, 1030}), w = at::randn({37, 1030}), b = at::randn({37});
    const auto [qx, sx] = quantised(x);
    const auto [qw, sw] = quantised(w);
    const at::Tensor wanted = at::mm(qx, qw.t()) * sx * sw.t() + b;
    EXPECT_LT(greatest(nn::Linear(w, b, with(NumberFormat::kInt8)).forward(x) - wanted), 0.02) << rows;
  }
}

TEST(Linear, Int8SaturatesNowhereAndTakesZeros) {
  const at::Tensor w = at::ones({16, 8}), x = at::stack({at::ones({8}), -at::ones({8}), at::zeros({8})});
  const at::Tensor y = nn::Linear(w, {}, with(NumberFormat::kInt8)).forward(x);
  EXPECT_LT(greatest(y - at::tensor({8.0, -8.0, 0.0}).unsqueeze(1)), 1e-5);
}

TEST(Linear, FollowsWithActivationAndResidual) {
  at::manual_seed(6);
  const at::Tensor w = at::randn({21, 650}) * 0.05, b = at::randn({21});
  for (const std::int64_t rows : {3, 50}) {
    const at::Tensor x = at::randn({rows, 650}), residual = at::randn({rows, 21});
    const at::Tensor plain = at::linear(x.to(at::kDouble), w.to(at::kDouble), b.to(at::kDouble));
    for (const auto& options : kArithmetics) {
      const double tolerance = options.dtype == NumberFormat::kFloat32 ? (options.weights ? 0.02 : 3e-5) : 0.1;
      const nn::Linear linear(w, b, options);
      EXPECT_LT(greatest(linear.forward(x, {.activation = nn::Activation::kGelu}) - at::gelu(plain)), tolerance);
      EXPECT_LT(greatest(linear.forward(x, {.activation = nn::Activation::kRelu}) - at::relu(plain)), tolerance);
      EXPECT_LT(
          greatest(linear.forward(x, {.activation = nn::Activation::kNone, .residual = residual}) - plain - residual),
          tolerance);
    }
  }
}

// The promise of the header, on the shapes of real models.
TEST(Linear, ARowsBitsDoNotDependOnItsNeighbours) {
  at::manual_seed(2);
  for (const auto& options : kArithmetics)
    for (const auto& [in, out] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{512, 1536}, {2048, 768}, {33, 70}}) {
      const nn::Linear linear(at::randn({out, in}) * 0.05, at::randn({out}), options);
      const at::Tensor x = at::randn({600, in});
      at::set_num_threads(1);
      const nn::After after{.activation = nn::Activation::kGelu, .residual = at::randn({600, out})};
      const at::Tensor all = linear.forward(x, after);
      for (const int threads : {1, 2}) {
        at::set_num_threads(threads);
        for (const std::int64_t rows : {1, 2, 3, 5, 7, 16, 20, 31, 64, 100, 192, 193, 240, 512, 513})
          for (const std::int64_t first : {0, 3}) {
            const nn::After own{after.activation, after.residual.narrow(0, first, rows)};
            ASSERT_TRUE(at::equal(linear.forward(x.narrow(0, first, rows), own), all.narrow(0, first, rows)))
                << nn::kernel_name(options) << ", " << in << "x" << out << ", rows " << rows << " from " << first
                << ", threads " << threads;
          }
      }
      at::set_num_threads(1);
    }
}

}  // namespace
