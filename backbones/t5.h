// T5 (Raffel et al., 2020) as libtorch operators: versions 1.0 and 1.1, FLAN, T0. Inference only. Every row's bits
// depend on its own inputs alone: see nn/linear.h, nn/attention.h. Letters: B sources, S source tokens, R rows, D model
// width, H heads, K head width (padded to a multiple of 16 with zeros), V vocabulary.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backbones/decoding/network.h"
#include "backbones/nn/attention.h"
#include "backbones/nn/key_value_pool.h"
#include "backbones/options.h"
#include "backbones/t5_config.h"

namespace backbones {

/// What the decoder keeps of encoded sources: caches by layer of the decoder, then source.
using CrossCaches = std::vector<std::vector<nn::CrossCache>>;

/// Rows that the decoder computes at once: a token each, the earlier rows that it may see (its own last), and the
/// source it reads.
struct DecoderRows {
  std::span<const std::int32_t> tokens;
  const nn::KeyLists& keys;
  std::span<const std::int64_t> rows_per_source;
};

class T5 final : public decoding::Network {
 public:
  /// Loads the weights. Throws core::FileError with the lists of missing, mis-shaped and unused tensors.
  explicit T5(const ModelOptions& options);
  ~T5() override;

  std::int64_t vocabulary_size() const override { return config_.vocab_size; }
  std::int32_t start_token() const { return config_.decoder_start_token; }
  std::int32_t end_token() const override { return config_.end_token; }
  decoding::Ids prompt(const decoding::Ids&) const override { return {start_token()}; }
  std::unique_ptr<decoding::DecoderSession> encode(std::span<const std::vector<std::int32_t>> sources) const override;

  /// Runs the encoder over packed sources, equal lengths together, and the decoder's cross-attention keys and values.
  CrossCaches encode_sources(std::span<const std::vector<std::int32_t>> sources) const;
  /// A pool for `decode`.
  nn::KeyValuePool make_pool() const;
  /// Feeds rows; their keys and values become the pool's last ones. Source i is read by the next rows_per_source[i]
  /// rows.
  /// -> states after the last norm (and scaling), [R, D].
  at::Tensor decode(const DecoderRows& rows, const CrossCaches& caches, nn::KeyValuePool& pool) const;
  /// states [R, D] -> logits [R, V].
  at::Tensor logits(const at::Tensor& states) const;
  std::int64_t cache_bytes_per_token() const override;

 private:
  struct Weights;
  at::Tensor embed(std::span<const std::int32_t> ids) const;
  at::Tensor encode_packed(const at::Tensor& embedded, std::span<const nn::LengthGroup> groups) const;

  T5Config config_;
  std::int64_t width_;  // of a head, padded
  at::Device device_;
  std::unique_ptr<Weights> weights_;
};

}  // namespace backbones
