// Root-mean-square normalisation (Zhang and Sennrich, 2019): no mean, no bias, as T5 has it.
#pragma once

#include <torch/types.h>

namespace nn {

class RmsNorm {
 public:
  RmsNorm() = default;
  /// weight [D] float32.
  RmsNorm(at::Tensor weight, double epsilon) : weight_(std::move(weight)), epsilon_(epsilon) {}
  /// x [..., D] float32 -> the same shape. A row's bits depend on the row alone.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  double epsilon_ = 0;
};

}  // namespace nn
