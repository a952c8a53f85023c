#include "backbones/nn/heads.h"

#include "backbones/nn/row_kernels.h"

namespace nn {

std::int64_t padded_width(std::int64_t width) { return (width + kHeadAlign - 1) / kHeadAlign * kHeadAlign; }

at::Tensor pad_heads(const at::Tensor& x, std::int64_t dim, std::int64_t heads) {
  TORCH_CHECK_VALUE(x.size(dim) % heads == 0, "pad_heads: ", x.size(dim), " is no multiple of ", heads, " heads");
  const at::Tensor split = x.unflatten(dim, {heads, x.size(dim) / heads}).movedim(dim + 1, -1);  // [..., H, ..., K]
  const std::int64_t missing = padded_width(split.size(-1)) - split.size(-1);
  const at::Tensor padded = missing == 0 ? split : at::constant_pad_nd(split, {0, missing});
  return padded.movedim(-1, dim + 1).flatten(dim, dim + 1).contiguous();
}

}  // namespace nn
