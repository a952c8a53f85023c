// Keys and values of the rows that a decoder has computed, layer by layer. Rows never move while somebody may read
// them: a beam that splits copies its list of rows, not its keys.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace nn {

class KeyValuePool {
 public:
  struct Shape {
    std::int64_t layers, heads, width;  // width of a head, padded
  };
  KeyValuePool(const Shape& shape, at::Device device);
  std::int64_t rows() const { return rows_; }
  /// Makes room for `count` more rows in every layer.
  void grow(std::int64_t count);
  /// [P, 2, H, K], P at least rows().
  at::Tensor& layer(std::int64_t index) { return layers_[static_cast<std::size_t>(index)]; }
  /// Forgets every row but these, ascending; row kept[i] becomes row i.
  void keep(std::span<const std::int32_t> kept);

 private:
  std::int64_t rows_ = 0;
  std::vector<at::Tensor> layers_;
};

/// Lists of rows of a pool (one for each row in flight): drops the rows of the pool that no list names, once they are
/// more than half of it, and renumbers the lists.
void forget_unread(KeyValuePool& pool, std::span<std::vector<std::int32_t>> lists);

}  // namespace nn
