#include "backbones/nn/causal_attention.h"

#include <ATen/ops/scaled_dot_product_attention.h>

namespace nn {

at::Tensor causal_attention(const at::Tensor& qkv, std::span<const LengthGroup> groups) {
  TORCH_CHECK_VALUE(qkv.dim() == 4 && qkv.size(1) == 3, "causal_attention: expected [T, 3, H, K], got ", qkv.sizes());
  at::Tensor y = at::empty({qkv.size(0), qkv.size(2) * qkv.size(3)}, qkv.options());
  for (const LengthGroup& group : groups) {
    const std::int64_t rows = group.count * group.length;
    const at::Tensor heads = qkv.narrow(0, group.begin, rows)
                                 .unflatten(0, {group.count, group.length})  // [B, L, 3, H, K]
                                 .permute({2, 0, 3, 1, 4});                  // [3, B, H, L, K]
    const at::Tensor mixed = at::scaled_dot_product_attention(heads[0], heads[1], heads[2], std::nullopt, 0.0,
                                                              /*is_causal=*/true, /*scale=*/1.0);  // [B, H, L, K]
    y.narrow(0, group.begin, rows).copy_(mixed.transpose(1, 2).reshape({rows, y.size(1)}));
  }
  return y;
}

}  // namespace nn
