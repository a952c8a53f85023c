// RoBERTa with a head (Liu et al., 2019): a post-norm encoder over a packed pair of texts; the first token's last state
// goes through dense, tanh and out_proj to a raw logit for each label, one label for regression. Equal to the
// reference's RobertaForSequenceClassification. Inference only: no dropout, no gradients.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbones/checkpoint/checkpoint.h"
#include "backbones/options.h"

namespace backbones {

/// What config.json says, with the reference's defaults.
struct RobertaConfig {
  std::int64_t vocab_size = 50265;
  std::int64_t hidden_size = 768;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::int64_t max_position_embeddings = 512;  // the first pad_token_id + 1 of them belong to padding
  std::int64_t type_vocab_size = 2;
  std::int64_t pad_token_id = 1;
  double layer_norm_eps = 1e-12;
  std::vector<std::string> labels = {"LABEL_0"};  // of the head; one: regression

  /// Tokens that a sequence may have.
  std::int64_t max_tokens() const { return max_position_embeddings - pad_token_id - 1; }
};

/// Reads `folder`/config.json. Throws core::FileError that names the key where the model is no RoBERTa with
/// GELU, or a value cannot be.
RobertaConfig read_roberta_config(const std::filesystem::path& folder);

/// Every tensor of such a model, with its shape.
std::vector<checkpoint::TensorShape> roberta_tensors(const RobertaConfig& config);

class Roberta {
 public:
  /// Loads the weights; every tensor of the folder must be used or be known to be unused by the reference.
  /// Throws core::FileError.
  explicit Roberta(const ModelOptions& options);
  ~Roberta();

  const RobertaConfig& config() const { return config_; }
  /// Raw logits [N * labels] of token sequences, special tokens included, each of 1 to `max_tokens` ids. Sequences of
  /// equal length that stand side by side are computed together; neighbours never change a sequence's bits.
  std::vector<float> logits(std::span<const std::vector<std::int32_t>> sequences) const;

 private:
  struct Weights;
  RobertaConfig config_;
  at::Device device_ = at::kCPU;
  std::unique_ptr<Weights> weights_;
};

}  // namespace backbones
