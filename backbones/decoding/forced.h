// Teacher forcing: what a network thinks of tokens that are given.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace decoding {

/// A row of decoder states and the token that should follow it.
struct Target {
  std::int64_t row;
  std::int32_t token;
};

/// states [R, D] and `logits`, which makes [r, V] of some of its rows -> the log-probability of every target, in nats.
/// The targets' rows ascend; a row may have several. Throws std::invalid_argument where a token is outside the
/// vocabulary.
std::vector<double> log_probabilities(const at::Tensor& states,
                                      const std::function<at::Tensor(const at::Tensor&)>& logits,
                                      std::span<const Target> targets);

}  // namespace decoding
