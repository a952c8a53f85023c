// A network whose logits are a seeded pure function of the source and of the tokens so far: the oracle for everything
// that decoding does with rows. The session refuses a `select` that breaks the contract of DecoderSession.
#pragma once

#include <cstdint>
#include <vector>

#include "backbones/decoding/network.h"

namespace decoding::testing {

struct Toy {
  std::uint64_t seed = 0;
  std::int64_t vocabulary = 11;
  float spread = 2.0f;     // standard deviation of the logits, about
  float end_bias = 0.0f;   // added to the logit of the end of sequence
  bool quantised = false;  // whole-number logits: many ties
};

constexpr std::int32_t kPad = 0, kEnd = 1;

/// The state after `source` and no token, and after one more token.
std::uint64_t toy_state(const Toy& toy, const std::vector<std::int32_t>& source);
std::uint64_t toy_next(std::uint64_t state, std::int32_t token);
/// Logits [V] of a state.
std::vector<float> toy_logits(const Toy& toy, std::uint64_t state);
/// Logits [V] after the source, the start token (kPad) and `ids`.
std::vector<float> toy_logits(const Toy& toy, const std::vector<std::int32_t>& source,
                              const std::vector<std::int32_t>& ids);
/// log softmax in double.
std::vector<double> log_softmax(const std::vector<float>& logits);

class ToyNetwork : public Network {
 public:
  explicit ToyNetwork(const Toy& toy) : toy_(toy) {}
  std::int64_t vocabulary_size() const override { return toy_.vocabulary; }
  std::int32_t end_token() const override { return kEnd; }
  Ids prompt(const Ids& source) const override { return decoder_only ? source : Ids{kPad}; }
  std::int64_t most_positions() const override { return positions; }
  std::int64_t cache_bytes_per_token() const override { return 1; }
  std::unique_ptr<DecoderSession> encode(std::span<const std::vector<std::int32_t>> sources) const override;
  mutable std::vector<std::int64_t> rows_per_step;  // of the last session
  bool decoder_only = false;                        // the source counts as the prompt
  std::int64_t positions = -1;

 private:
  Toy toy_;
};

}  // namespace decoding::testing
