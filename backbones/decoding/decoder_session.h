// What decoding needs of an encoder-decoder network: encode instructions once, then feed tokens to rows in lockstep.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace decoding {

/// The rows in flight over a batch of encoded instructions. All rows are at the same position. The rows of one instruction
/// (its beams and draws) are adjacent and share its cross-attention cache; they are padded to tiles of a fixed size inside.
class DecoderSession {
 public:
  virtual ~DecoderSession() = default;
  /// Starts with rows_per_source[i] rows for instruction i, at position 0.
  virtual void start(std::span<const std::int64_t> rows_per_source) = 0;
  /// Feeds one token to each row: [R] -> logits [R, V], float32.
  virtual at::Tensor step(std::span<const std::int32_t> tokens) = 0;
  /// New row i continues old row rows[i]. Rows may repeat (a beam that splits) or be absent (finished); the rows of one
  /// instruction stay adjacent and instructions keep their order. An instruction without rows is dropped.
  virtual void select(std::span<const std::int64_t> rows) = 0;
};

/// A network that decodes.
class Seq2SeqNetwork {
 public:
  virtual ~Seq2SeqNetwork() = default;
  virtual std::int64_t vocabulary_size() const = 0;
  virtual std::int32_t start_token() const = 0;
  virtual std::int32_t end_token() const = 0;
  virtual std::int32_t pad_token() const = 0;
  /// Encodes token ids (end of sequence included) and keeps their cross-attention caches.
  virtual std::unique_ptr<DecoderSession> encode(std::span<const std::vector<std::int32_t>> sources) const = 0;
};

}  // namespace decoding
