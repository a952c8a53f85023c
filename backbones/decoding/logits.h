// Questions to one row of logits [V], answered without sorting the vocabulary. Every sum runs in a fixed order and
// every tie goes to the lower token, so an answer is a pure function of the row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace decoding {

struct TokenLogit {
  std::int32_t token;
  float logit;
};

/// log(sum(exp(logits))) in nats: exponentials in float32 (relative error below 3e-7), summed in double. Throws
/// std::runtime_error where a logit is NaN or +inf, or all are -inf.
double log_sum_exp(std::span<const float> logits);

/// The highest logit.
TokenLogit highest(std::span<const float> logits);

/// The k-th highest value, k from 1 to V.
float kth_highest(std::span<const float> logits, std::size_t k);

/// All tokens whose logit is at least `threshold`, ascending by token.
std::vector<TokenLogit> at_least(std::span<const float> logits, float threshold);

/// Exactly min(k, V) tokens, falling by logit.
std::vector<TokenLogit> top_k(std::span<const float> logits, std::size_t k);

}  // namespace decoding
