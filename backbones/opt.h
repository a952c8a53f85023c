// OPT (Zhang et al., 2022), a decoder alone, as libtorch operators: OPT, OPT-IML, and the variant of 350 million
// weights with norms behind its blocks and projected embeddings. Inference only. Every row's bits depend on its own
// inputs alone: see nn/linear.h, nn/attention.h. Letters: T tokens, R rows, D model width, E embedding width, H heads,
// K head width (padded to a multiple of 16 with zeros), V vocabulary, P rows of a pool.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backbones/decoding/network.h"
#include "backbones/nn/attention.h"
#include "backbones/nn/key_value_pool.h"
#include "backbones/opt_config.h"
#include "backbones/options.h"

namespace backbones {

class Opt final : public decoding::Network {
 public:
  /// Loads the weights. Throws core::FileError with the lists of missing, mis-shaped and unused tensors.
  explicit Opt(const ModelOptions& options);
  ~Opt() override;

  std::int64_t vocabulary_size() const override { return config_.vocab_size; }
  std::int32_t end_token() const override { return config_.end_token; }
  /// The source itself; the start token where it is empty.
  decoding::Ids prompt(const decoding::Ids& source) const override;
  std::int64_t most_positions() const override { return config_.max_position_embeddings; }
  std::int64_t cache_bytes_per_token() const override;
  std::unique_ptr<decoding::DecoderSession> encode(std::span<const decoding::Ids> sources) const override;

  /// A pool for `prefill` and `decode`.
  nn::KeyValuePool make_pool() const;
  /// Reads sequences from position 0 on; their keys and values become the pool's next rows, sequence by sequence in
  /// the order given. Lengths may be 0; equal ones must be neighbours.
  void prefill(std::span<const decoding::Ids> sequences, nn::KeyValuePool& pool) const;
  /// Feeds rows: a token each, and the rows of the pool that it sees, one for each earlier position and its own last.
  /// -> states after the last norm and projection, [R, E].
  at::Tensor decode(std::span<const std::int32_t> tokens, const nn::KeyLists& keys, nn::KeyValuePool& pool) const;
  /// states [R, E] -> logits [R, V].
  at::Tensor logits(const at::Tensor& states) const;

 private:
  struct Weights;
  at::Tensor embed(std::span<const std::int32_t> ids, std::span<const std::int64_t> positions) const;

  OptConfig config_;
  std::int64_t width_;  // of a head, padded
  at::Device device_;
  std::unique_ptr<Weights> weights_;
};

}  // namespace backbones
