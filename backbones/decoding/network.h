// What decoding and scoring need of a network that writes text: an encoder-decoder or a decoder alone. Both read a
// source once; what they keep of it (cross-attention, or the keys of the prompt) serves every row that continues it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace decoding {

using Ids = std::vector<std::int32_t>;

/// The sources that a network has read, and the rows in flight over them. The rows of one source (its beams and draws)
/// are adjacent and share what was kept of it. Rows of different sources may be at different positions.
class DecoderSession {
 public:
  virtual ~DecoderSession() = default;
  /// Starts with rows_per_source[i] rows for source i, at position 0.
  virtual void start(std::span<const std::int64_t> rows_per_source) = 0;
  /// Reads more sources while others are in flight; each has one row, at position 0, behind all the others.
  virtual void add(std::span<const Ids> sources) = 0;
  /// Feeds one token to each row: [R] -> logits [R, V], float32.
  virtual at::Tensor step(std::span<const std::int32_t> tokens) = 0;
  /// New row i continues old row rows[i]. Rows may repeat (a beam that splits) or be absent (finished); the rows of one
  /// source stay adjacent and sources keep their order. A source without rows is dropped.
  virtual void select(std::span<const std::int64_t> rows) = 0;
  /// Log-likelihoods of whole responses: nats, summed over ids. responses[i] belong to source i; there may be none. Of
  /// a session that has not started.
  virtual std::vector<std::vector<double>> log_likelihoods(std::span<const std::vector<Ids>> responses) const = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual std::int64_t vocabulary_size() const = 0;
  virtual std::int32_t end_token() const = 0;
  /// The tokens that stand before the first new one where the decoder reads: its start token (encoder-decoder), or the
  /// source itself (decoder alone). Lengths count them; the last of them is what the rows are fed first.
  virtual Ids prompt(const Ids& source) const = 0;
  /// Tokens that fit in front of and behind each other in the decoder; -1: no limit.
  virtual std::int64_t most_positions() const { return -1; }
  /// Bytes that one token takes in a cache of keys and values of the decoder.
  virtual std::int64_t cache_bytes_per_token() const = 0;
  /// Reads sources (each at least one token).
  virtual std::unique_ptr<DecoderSession> encode(std::span<const Ids> sources) const = 0;
};

}  // namespace decoding
