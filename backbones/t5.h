// T5 (Raffel et al., 2020) as libtorch operators: versions 1.0 and 1.1, FLAN, T0. Inference only. Every row's bits
// depend on its own inputs alone: see nn/linear.h, nn/attention.h. Letters: B sources, S source tokens, R rows, D model
// width, H heads, K head width (padded to a multiple of 16 with zeros), V vocabulary.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backbones/decoding/decoder_session.h"
#include "backbones/nn/attention.h"
#include "backbones/options.h"
#include "backbones/t5_config.h"

namespace backbones {

/// What the decoder keeps of encoded sources: caches by layer of the decoder, then source.
using CrossCaches = std::vector<std::vector<nn::CrossCache>>;

/// Keys and values of the rows that the decoder has computed, for each of its layers [P, 2, H, K]; grows.
class KeyValuePool {
 public:
  KeyValuePool(std::int64_t layers, std::int64_t heads, std::int64_t width, at::Device device);
  std::int64_t rows() const { return rows_; }
  /// Makes room for `count` more rows in every layer.
  void grow(std::int64_t count);
  at::Tensor& layer(std::int64_t index) { return layers_[static_cast<std::size_t>(index)]; }

 private:
  std::int64_t rows_ = 0;
  std::vector<at::Tensor> layers_;
};

/// Rows that the decoder computes at once: a token each, the earlier rows that it may see (its own last), and the
/// source it reads.
struct DecoderRows {
  std::span<const std::int32_t> tokens;
  const nn::KeyLists& keys;
  std::span<const std::int64_t> rows_per_source;
};

class T5 final : public decoding::Seq2SeqNetwork {
 public:
  /// Loads the weights. Throws core::FileError with the lists of missing, mis-shaped and unused tensors.
  explicit T5(const ModelOptions& options);
  ~T5() override;

  std::int64_t vocabulary_size() const override { return config_.vocab_size; }
  std::int32_t start_token() const override { return config_.decoder_start_token; }
  std::int32_t end_token() const override { return config_.end_token; }
  std::int32_t pad_token() const override { return config_.pad_token; }
  std::unique_ptr<decoding::DecoderSession> encode(std::span<const std::vector<std::int32_t>> sources) const override;

  /// Runs the encoder over packed sources, equal lengths together, and the decoder's cross-attention keys and values.
  CrossCaches encode_sources(std::span<const std::vector<std::int32_t>> sources) const;
  /// A pool for `decode`.
  KeyValuePool make_pool() const;
  /// Feeds rows; their keys and values become the pool's last ones. Source i is read by the next rows_per_source[i]
  /// rows.
  /// -> states after the last norm (and scaling), [R, D].
  at::Tensor decode(const DecoderRows& rows, const CrossCaches& caches, KeyValuePool& pool) const;
  /// states [R, D] -> logits [R, V].
  at::Tensor logits(const at::Tensor& states) const;
  /// Bytes that one token takes in a cache of keys and values of the decoder.
  std::int64_t cache_bytes_per_token() const;

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
