// y = x W^T + b with weights packed once, in the arithmetic that --dtype, --weights and --device ask for. A row's bits
// never depend on the other rows of a call: one way of multiplying per arithmetic and kind of machine, chosen when the
// layer is made and never by the number of rows (docs/architecture.md, "Exactness").
//
//   float32                     AVX2: packed_gemm.h. AVX-512: oneDNN's packed weights in blocks of 512 rows
//   --weights float16, bfloat16 packed_gemm.h: weights in 16 bits, the same sums in float32
//   --dtype bfloat16            oneDNN where the machine multiplies bfloat16; else the same numbers in float32
//   --dtype int8                int8_gemm.h: weights by output, activations by row
//   on a GPU                    at::linear
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "backbones/nn/epilogue.h"
#include "backbones/options.h"

namespace nn {

/// Names the kernels of this module, for provenance: raised by hand when a change may change the last bits of a result.
inline constexpr const char* kKernels = "kernels 2";

/// What follows a layer, number by number: activation, then the residual [..., N] float32 where it is defined.
struct After {
  Activation activation = Activation::kNone;
  at::Tensor residual = at::Tensor();
};

/// How one matrix is kept and multiplied.
class Gemm {
 public:
  virtual ~Gemm() = default;
  /// x [M, K] float32, contiguous -> [M, N] float32; M > 0.
  virtual at::Tensor multiply(const at::Tensor& x, const at::Tensor& bias, const After& after) const = 0;
};

class Linear {
 public:
  Linear() = default;
  /// weight [N, K], bias [N] or undefined, both float32; `options` say the arithmetic (dtype, weights, device).
  Linear(const at::Tensor& weight, const at::Tensor& bias, const backbones::ModelOptions& options);
  /// Several layers over the same x side by side: weights [N_i, K], one under the other; bias [sum of N_i].
  Linear(const std::vector<at::Tensor>& weights, const at::Tensor& bias, const backbones::ModelOptions& options);
  /// x [..., K] float32 -> [..., N] float32.
  at::Tensor forward(const at::Tensor& x, const After& after = {}) const;

 private:
  std::int64_t in_ = 0, out_ = 0;
  std::shared_ptr<const Gemm> gemm_;
  at::Tensor bias_;
};

/// What a user should know of the arithmetic that `options` get on this machine: that it is slower than float32. Empty
/// where there is nothing.
std::string slow_arithmetic(const backbones::ModelOptions& options);
/// The name of the arithmetic that `options` get on this machine, for provenance: "packed float32", "oneDNN float32" ….
std::string kernel_name(const backbones::ModelOptions& options);

}  // namespace nn
