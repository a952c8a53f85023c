// Heads side by side in the rows or columns of a matrix.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace nn {

/// The width of a head, rounded up to whole cache lines (kHeadAlign).
std::int64_t padded_width(std::int64_t width);
/// The heads along `dim` of x padded with zeros to whole cache lines: kernels may sum in another order from an odd
/// address on. A padded query or key adds nothing to a score.
at::Tensor pad_heads(const at::Tensor& x, std::int64_t dim, std::int64_t heads);

}  // namespace nn
