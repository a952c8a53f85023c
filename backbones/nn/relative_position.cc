#include "backbones/nn/relative_position.h"

#include <cmath>

namespace nn {

RelativePositionBias::RelativePositionBias(at::Tensor table, Buckets buckets)
    : table_(std::move(table)), buckets_(buckets) {
  const std::int64_t least = buckets_.bidirectional ? 4 : 2;
  TORCH_CHECK_VALUE(table_.dim() == 2 && table_.size(0) >= least, "RelativePositionBias: table must be [buckets, H]");
}

at::Tensor RelativePositionBias::bucket(at::Tensor relative) const {
  const std::int64_t count = buckets_.bidirectional ? table_.size(0) / 2 : table_.size(0);
  const std::int64_t exact = count / 2;
  at::Tensor offset = at::zeros_like(relative);
  if (buckets_.bidirectional) offset = (relative > 0).to(at::kLong) * count;
  const at::Tensor distance = buckets_.bidirectional ? relative.abs() : (-relative).clamp_min(0);
  // In float32, in the reference's order of operations: the edges of buckets depend on the rounding.
  const at::Tensor far =
      exact + (at::log(distance.to(at::kFloat) / exact) /
               std::log(static_cast<double>(buckets_.max_distance) / static_cast<double>(exact)) * (count - exact))
                  .clamp_max(count)  // log(0) stays -inf: replaced below
                  .clamp_min(-1)
                  .to(at::kLong)
                  .clamp_max(count - 1 - exact);
  return offset + at::where(distance < exact, distance, far);
}

at::Tensor RelativePositionBias::between(std::int64_t length) const {
  const at::Tensor positions = at::arange(length, table_.options().dtype(at::kLong));
  const at::Tensor by_distance =  // [2L - 1, H], distance -(L - 1) first
      table_.index_select(0, bucket(at::arange(1 - length, length, table_.options().dtype(at::kLong))));
  const at::Tensor place = positions.unsqueeze(0) - positions.unsqueeze(1) + (length - 1);  // [L, L]
  return by_distance.t().contiguous().index_select(1, place.flatten()).unflatten(1, {length, length});
}

at::Tensor RelativePositionBias::backwards(std::int64_t distances) const {
  const at::Tensor relative = -at::arange(distances, table_.options().dtype(at::kLong));
  return table_.index_select(0, bucket(relative)).t().contiguous();
}

}  // namespace nn
