// y = x W^T + b with weights packed once. A row's bits never depend on the other rows of a call: one GEMM path per
// dtype and kernel set, packed without a batch size and run in blocks of 512 rows (docs/architecture.md, "Exactness").
#pragma once

#include <torch/types.h>

#include "backbones/options.h"

namespace nn {

class Linear {
 public:
  Linear() = default;
  /// weight [N, K], bias [N] or undefined, both float32; `options` say the arithmetic (dtype, weights, device).
  Linear(const at::Tensor& weight, const at::Tensor& bias, const backbones::ModelOptions& options);
  /// x [..., K] float32 -> [..., N] float32.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  std::int64_t in_ = 0, out_ = 0;
  at::Tensor packed_, bias_;
};

}  // namespace nn
