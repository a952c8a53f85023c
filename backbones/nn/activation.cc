#include "backbones/nn/activation.h"

#include <ATen/Parallel.h>

#include "backbones/nn/row_kernels.h"

namespace nn {

at::Tensor gated_gelu(const at::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) % 2 == 0, "gated_gelu: expected [R, 2F], got ", x.sizes());
  const std::int64_t width = x.size(1) / 2;
  if (!x.is_cpu()) return at::gelu(x.narrow(1, 0, width), "tanh") * x.narrow(1, width, width);
  const at::Tensor rows = x.contiguous();
  at::Tensor y = at::empty({rows.size(0), width}, rows.options());
  const GatedGeluRows task{rows.const_data_ptr<float>(), y.mutable_data_ptr<float>(), width};
  at::parallel_for(0, rows.size(0), 16,
                   [&](std::int64_t first, std::int64_t last) { gated_gelu_rows(task, first, last); });
  return y;
}

at::Tensor log_sum_exp(const at::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) > 0, "log_sum_exp: expected [R, V], got ", x.sizes());
  if (!x.is_cpu()) return at::logsumexp(x.to(at::kDouble), -1);
  const at::Tensor rows = x.contiguous();
  at::Tensor y = at::empty({rows.size(0)}, at::kDouble);
  const LogSumExpRows task{rows.const_data_ptr<float>(), y.mutable_data_ptr<double>(), rows.size(1)};
  at::parallel_for(0, rows.size(0), 4,
                   [&](std::int64_t first, std::int64_t last) { log_sum_exp_rows(task, first, last); });
  return y;
}

}  // namespace nn
