// Sampling from one row of logits [V]: temperature, then top-k, then top-p, then the inverse of the cumulative
// distribution over the tokens that are left, in ascending order of token ids, at one uniform number. Two dialects:
//   transformers (PyTorch)   top-k keeps every logit that reaches the k-th highest, ties included; top-p goes up from
//   the
//                            least probable token (of equals, from the lowest id) and removes while the sum is <= 1 - p
//   cappy-2023 (Flax)        top-k keeps exactly k, of equals the lower ids; top-p goes down from the most probable
//   token
//                            and keeps while the sum before it is < p
// The minimum length comes before all of it (EndRule). The protocols t0 and lm-eval leave generation to PyTorch's
// transformers and sample as it does. Temperature divides in float32 as the references do; sums are in double.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/options.h"

namespace decoding {

struct TokenWeight {
  std::int32_t token;
  double weight;  // proportional to the probability; the most probable token has 1
};

class Sampler {
 public:
  /// Throws std::invalid_argument where temperature, top_k or top_p is out of range.
  Sampler(const backbones::Decoding& decoding, backbones::Protocol protocol);

  /// The tokens that may be drawn, ascending by token.
  std::vector<TokenWeight> kept(std::span<const float> logits) const;
  /// The token at `uniform` in [0, 1).
  std::int32_t draw(std::span<const float> logits, double uniform) const;

 private:
  enum class Dialect { kPyTorch, kFlax };
  Dialect dialect_;
  float temperature_;
  std::size_t top_k_;
  double top_p_;

  std::vector<TokenWeight> weights(std::span<const float> logits) const;
  std::vector<TokenWeight> nucleus(std::vector<TokenWeight> tokens) const;
};

}  // namespace decoding
