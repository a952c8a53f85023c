// T5's relative position bias (Raffel et al., 2020, section 2.1): a learned number per head and bucket of the distance
// between key and query; near distances have a bucket each, far ones share logarithmically wider ones.
#pragma once

#include <torch/types.h>

namespace nn {

class RelativePositionBias {
 public:
  RelativePositionBias() = default;
  struct Buckets {
    std::int64_t max_distance = 128;
    bool bidirectional = true;
  };
  /// table [buckets, H] float32.
  RelativePositionBias(at::Tensor table, Buckets buckets);
  /// [H, L, L]: query by key. Bidirectional.
  at::Tensor between(std::int64_t length) const;
  /// [H, D]: of the key that is d = 0 … D - 1 positions before the query. Causal.
  at::Tensor backwards(std::int64_t distances) const;

 private:
  /// relative [N] int64, key minus query -> [N] int64.
  at::Tensor bucket(at::Tensor relative) const;

  at::Tensor table_;
  Buckets buckets_;
};

}  // namespace nn
