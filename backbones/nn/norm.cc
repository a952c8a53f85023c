#include "backbones/nn/norm.h"

#include <ATen/Parallel.h>

#include "backbones/nn/row_kernels.h"

namespace nn {

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  const std::int64_t width = weight_.numel();
  TORCH_CHECK_VALUE(x.size(-1) == width, "RmsNorm: expected [..., ", width, "], got ", x.sizes());
  if (!x.is_cpu()) return x * at::rsqrt(x.pow(2).mean(-1, true) + epsilon_) * weight_;
  const at::Tensor rows = x.contiguous();
  at::Tensor y = at::empty_like(rows);
  const RmsNormRows task{rows.const_data_ptr<float>(), weight_.const_data_ptr<float>(), y.mutable_data_ptr<float>(),
                         width, static_cast<float>(epsilon_)};
  at::parallel_for(0, rows.numel() / width, 64,
                   [&](std::int64_t first, std::int64_t last) { rms_norm_rows(task, first, last); });
  return y;
}

}  // namespace nn
