// The formula of memory_need.h by hand, on networks that are small enough to count.
#include "backbones/memory_need.h"

#include <gtest/gtest.h>

namespace backbones {
namespace {

using checkpoint::TensorShape;

const std::vector<TensorShape> kTensors{
    {"shared.weight", {100, 8}},
    {"encoder.block.0.layer.0.SelfAttention.q.weight", {6, 8}},
    {"encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", {4, 2}},
    {"encoder.final_layer_norm.weight", {8}}};

TEST(MemoryNeed, MatricesAreKeptInTheirPrecisionAndTheRestInFloat32) {
  const std::int64_t rest = 4 * (800 + 8 + 8);
  EXPECT_EQ(weight_bytes(kTensors, Head::kNone, {}), rest + 4 * 48);
  EXPECT_EQ(weight_bytes(kTensors, Head::kNone, {.weights = NumberFormat::kFloat16}), rest + 2 * 48);
  EXPECT_EQ(weight_bytes(kTensors, Head::kNone, {.dtype = NumberFormat::kBfloat16}), rest + 2 * 48);
  EXPECT_EQ(weight_bytes(kTensors, Head::kNone, {.dtype = NumberFormat::kInt8}), rest + 48 + 4 * 6);
}

TEST(MemoryNeed, ATiedHeadIsPackedBesideTheEmbedding) {
  EXPECT_EQ(weight_bytes(kTensors, Head::kTied, {}) - weight_bytes(kTensors, Head::kNone, {}), 4 * 800);
  const Precision int8{.dtype = NumberFormat::kInt8};
  EXPECT_EQ(weight_bytes(kTensors, Head::kTied, int8) - weight_bytes(kTensors, Head::kNone, int8), 800 + 4 * 100);
  auto own = kTensors;
  own.push_back({"lm_head.weight", {100, 8}});
  EXPECT_EQ(weight_bytes(own, Head::kOwn, {}), weight_bytes(kTensors, Head::kTied, {}));
}

TEST(MemoryNeed, ThePeakIsTheDocumentedSum) {
  EXPECT_EQ((MemoryNeed{1'000'000, 5}.peak()), 1'150'000 + 200'000'000 + 5);
}

TEST(MemoryNeed, ABatchHoldsCachesActivationsAndLogits) {
  const NetworkShape t5{.family = "t5",
                        .encoder_layers = 2,
                        .decoder_layers = 3,
                        .width = 8,
                        .attention_width = 6,
                        .inner_width = 10,
                        .inner_matrices = 3,
                        .vocabulary = 100,
                        .embedding_width = 8};
  const std::int64_t layer = 3 * 8 + 4 * 6 + 3 * 10, cache = 3 * 2 * 6;  // numbers a row, numbers a token
  BatchExtent extent{.tokens = 20, .rows = 5, .max_length = 7, .cache_bytes = 1 << 20};
  EXPECT_EQ(batch_bytes(t5, Job::kGeneration, extent), 4 * ((20 + 5 * 7) * cache + 20 * layer + 2 * 5 * 100));
  EXPECT_EQ(batch_bytes(t5, Job::kLogLikelihood, extent), 4 * ((20 + 5) * cache + 20 * layer + 2 * 5 * 100));
  extent.cache_bytes = 1000;
  EXPECT_EQ(batch_bytes(t5, Job::kGeneration, extent), 1000 + 4 * (20 * layer + 2 * 5 * 100));
  const NetworkShape roberta{
      .family = "roberta", .encoder_layers = 2, .width = 8, .attention_width = 8, .inner_width = 10};
  EXPECT_EQ(batch_bytes(roberta, Job::kScoring, extent), 4 * 20 * (3 * 8 + 4 * 8 + 2 * 10));
}

TEST(MemoryNeed, TheDefaultExtentIsTheBudget) {
  const BatchBudget budget{.source_tokens = 40, .rows = 3, .cache_bytes = 7};
  EXPECT_EQ(default_extent(Job::kGeneration, budget).rows, 3);
  EXPECT_EQ(default_extent(Job::kScoring, budget).rows, 0);
  EXPECT_EQ(default_extent(Job::kLogLikelihood, budget).tokens, 40);
  EXPECT_EQ(default_extent(Job::kGeneration, budget).cache_bytes, 7);
}

}  // namespace
}  // namespace backbones
