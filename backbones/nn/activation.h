// What stands between linear layers, and what ends a network: functions of one row each, whose bits depend on the row
// alone.
#pragma once

#include <torch/types.h>

namespace nn {

/// x [R, 2F] -> [R, F]: gelu (tanh form) of the first half times the second half.
at::Tensor gated_gelu(const at::Tensor& x);
/// x [R, V] float32 -> [R] float64: log(sum(exp(x))).
at::Tensor log_sum_exp(const at::Tensor& x);

}  // namespace nn
