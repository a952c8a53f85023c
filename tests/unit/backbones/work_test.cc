// Counts of work against a slow twin: every matrix of the model's own list of tensors, once for each token that passes
// it, and every pair of query and key. Published figures: FLOP of RoBERTa-large by length.
#include "backbones/work.h"

#include <gtest/gtest.h>

#include "backbones/opt_config.h"
#include "backbones/roberta.h"
#include "backbones/t5_config.h"
#include "tests/unit/backbones/temporary_folder.h"

namespace backbones {
namespace {

NetworkShape shape_of_file(const std::string& json) {
  const TemporaryFolder folder;
  folder.write("config.json", json);
  return read_network_shape(folder.path());
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// FLOP of `tokens` through every matrix whose name `chosen` takes.
template <class Chosen>
double products(const std::vector<checkpoint::TensorShape>& tensors, std::int64_t tokens, const Chosen& chosen) {
  double flops = 0;
  for (const checkpoint::TensorShape& tensor : tensors)
    if (tensor.shape.size() == 2 && !contains(tensor.name, "bias") && chosen(tensor.name))
      flops += 2.0 * static_cast<double>(tensor.shape[0] * tensor.shape[1] * tokens);
  return flops;
}

constexpr const char* kT5 =
    R"({"model_type": "t5", "d_model": 40, "d_kv": 6, "d_ff": 72, "num_heads": 5, "num_layers": 3,
  "num_decoder_layers": 2, "vocab_size": 100, "feed_forward_proj": "gated-gelu"})";

T5Config config_of_t5() {
  const TemporaryFolder folder;
  folder.write("config.json", kT5);
  return read_t5_config(folder.path());
}

TEST(Work, ReadsASourceOfT5) {
  const std::int64_t source = 7;
  const T5Config config = config_of_t5();
  double flops = products(t5_tensors(config), source, [](const std::string& name) {
    return contains(name, "encoder.") ||
           (contains(name, "EncDecAttention") && (contains(name, ".k.") || contains(name, ".v.")));
  });
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer)
    for (std::int64_t query = 0; query < source; ++query)
      for (std::int64_t key = 0; key < source; ++key) flops += 2.0 * 2 * 5 * 6;  // score, and weighted sum
  EXPECT_DOUBLE_EQ(source_flops(shape_of_file(kT5), source), flops);
}

TEST(Work, DecodesResponsesOfT5) {
  const std::int64_t source = 7, tokens = 4;
  const T5Config config = config_of_t5();
  double flops = products(t5_tensors(config), tokens, [](const std::string& name) {
    const bool of_source = contains(name, "EncDecAttention") && (contains(name, ".k.") || contains(name, ".v."));
    return name == "shared.weight" || (contains(name, "decoder.") && !of_source);
  });
  for (std::int64_t layer = 0; layer < config.num_decoder_layers; ++layer)
    for (std::int64_t token = 0; token < tokens; ++token)
      for (std::int64_t key = 0; key <= token + source; ++key) flops += 2.0 * 2 * 5 * 6;
  EXPECT_DOUBLE_EQ(response_flops(shape_of_file(kT5), tokens, source), flops);
  EXPECT_EQ(cache_numbers(shape_of_file(kT5)), 2 * 2 * 5 * 6);
}

TEST(Work, AStepReadsEveryMatrixOnce) {
  const NetworkShape shape = shape_of_file(kT5);
  const auto all = products(t5_tensors(config_of_t5()), 1, [](const std::string&) { return true; });
  EXPECT_DOUBLE_EQ(2.0 * static_cast<double>(source_parameters(shape) + step_parameters(shape)), all);
}

TEST(Work, ScoresWithRoberta) {
  const std::string json =
      R"({"model_type": "roberta", "hidden_size": 12, "num_attention_heads": 3, "num_hidden_layers": 2,
    "intermediate_size": 20, "vocab_size": 50, "max_position_embeddings": 40, "num_labels": 1,
    "architectures": ["RobertaForSequenceClassification"]})";
  const TemporaryFolder folder;
  folder.write("config.json", json);
  const auto tensors = roberta_tensors(read_roberta_config(folder.path()));
  double flops = products(tensors, 9, [](const std::string& name) { return contains(name, "encoder."); }) +
                 products(tensors, 1, [](const std::string& name) { return contains(name, "classifier."); });
  for (int layer = 0; layer < 2; ++layer)
    for (int query = 0; query < 9; ++query)
      for (int key = 0; key < 9; ++key) flops += 2.0 * 2 * 12;
  EXPECT_DOUBLE_EQ(source_flops(read_network_shape(folder.path()), 9), flops);
}

TEST(Work, PublishedFiguresOfRobertaLarge) {
  const NetworkShape large{.family = "roberta",
                           .encoder_layers = 24,
                           .width = 1024,
                           .attention_width = 1024,
                           .inner_width = 4096,
                           .embedding_width = 1024};
  EXPECT_NEAR(source_flops(large, 128) / 1e9, 78.9, 0.05);
  EXPECT_NEAR(source_flops(large, 512) / 1e9, 335, 0.5);
}

TEST(Work, ADecoderAloneReadsItsPrefixOnce) {
  const TemporaryFolder folder;
  folder.write("config.json",
               R"({"model_type": "opt", "hidden_size": 12, "num_attention_heads": 3, "num_hidden_layers": 2,
    "ffn_dim": 20, "vocab_size": 50, "max_position_embeddings": 40, "word_embed_proj_dim": 8, "do_layer_norm_before": false})");
  const auto tensors = opt_tensors(read_opt_config(folder.path()));
  const NetworkShape shape = read_network_shape(folder.path());
  const double token = products(
      tensors, 1, [](const std::string& name) { return contains(name, ".layers.") || contains(name, "project_in"); });
  const double logits = products(tensors, 1, [](const std::string& name) {
    return contains(name, "embed_tokens") || contains(name, "project_out");
  });
  const auto attention = [](std::int64_t keys) { return 2.0 * 2 * 2 * 12 * static_cast<double>(keys); };
  EXPECT_DOUBLE_EQ(source_flops(shape, 3), 3 * token + attention(1 + 2 + 3));
  EXPECT_DOUBLE_EQ(response_flops(shape, 1, 3), logits);
  EXPECT_DOUBLE_EQ(response_flops(shape, 3, 3), 3 * logits + 2 * token + attention(4 + 5));
}

TEST(Work, RefusesOtherArchitectures) { EXPECT_THROW(shape_of_file(R"({"model_type": "bert"})"), std::exception); }

}  // namespace
}  // namespace backbones
