// The shape of a T5: what config.json says, and the tensors that follow from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/checkpoint/checkpoint.h"

namespace backbones {

struct T5Config {
  std::int64_t vocab_size = 0;
  std::int64_t d_model = 0;
  std::int64_t d_kv = 0;  // of one head; heads * d_kv need not be d_model
  std::int64_t d_ff = 0;
  std::int64_t num_layers = 0;  // of the encoder
  std::int64_t num_decoder_layers = 0;
  std::int64_t num_heads = 0;
  std::int64_t relative_attention_num_buckets = 32;
  std::int64_t relative_attention_max_distance = 128;
  double layer_norm_epsilon = 1e-6;
  bool gated = false;          // gated-gelu (1.1, FLAN), else relu (1.0)
  bool scale_outputs = false;  // the decoder's states are divided by sqrt(d_model) before the head
  std::int32_t decoder_start_token = 0;
  std::int32_t end_token = 1;
  std::int32_t pad_token = 0;
};

/// Reads `folder`/config.json (the decoder's start token also from generation_config.json, else it is the padding
/// token). Throws core::FileError that names the key, also where the model is no T5.
T5Config read_t5_config(const std::filesystem::path& folder);

/// The tensors of a T5 of that shape, `shared.weight` first, without a head of its own (`lm_head.weight` [vocab_size,
/// d_model]).
std::vector<checkpoint::TensorShape> t5_tensors(const T5Config& config);

}  // namespace backbones
