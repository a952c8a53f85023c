// The shape of an OPT (Zhang et al., 2022): what config.json says, and the tensors that follow from it. OPT-IML and
// Galactica have the same architecture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/checkpoint/checkpoint.h"

namespace backbones {

struct OptConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t word_embed_proj_dim = 0;  // of the embeddings; projected to hidden_size and back where it differs (350m)
  std::int64_t ffn_dim = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t max_position_embeddings = 0;
  bool norm_before = true;         // before attention and feed-forward, else after them (350m)
  bool final_norm = true;          // after the last layer; never with norms after
  bool enable_bias = true;         // of the linear layers
  bool elementwise_affine = true;  // of the norms
  bool gelu = false;               // else relu
  bool tied = true;                // the embedding is the head where the file has no other
  std::int32_t start_token = 2;    // `</s>`, which also begins a text
  std::int32_t end_token = 2;

  bool is_projected() const { return word_embed_proj_dim != hidden_size; }
  std::int64_t head_width() const { return hidden_size / num_attention_heads; }
};

/// Reads `folder`/config.json. Throws core::FileError that names the key, also where the model is no OPT.
OptConfig read_opt_config(const std::filesystem::path& folder);

/// The tensors of an OPT of that shape, without a head of its own, under the names of transformers: those of the
/// decoder begin with `prefix`, which is "model.decoder." or, in old files, "decoder.".
std::vector<checkpoint::TensorShape> opt_tensors(const OptConfig& config, const std::string& prefix = "model.decoder.");

}  // namespace backbones
