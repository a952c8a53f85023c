#include "backbones/nn/key_value_pool.h"

#include <algorithm>

namespace nn {
namespace {

constexpr std::int64_t kFewRows = 4096;  // not worth the copy

}  // namespace

KeyValuePool::KeyValuePool(const Shape& shape, at::Device device) : layers_(static_cast<std::size_t>(shape.layers)) {
  for (at::Tensor& layer : layers_)
    layer = at::empty({0, 2, shape.heads, shape.width}, at::TensorOptions(at::kFloat).device(device));
}

void KeyValuePool::grow(std::int64_t count) {
  for (at::Tensor& layer : layers_) {
    if (rows_ + count <= layer.size(0)) continue;
    std::vector<std::int64_t> shape = layer.sizes().vec();
    shape[0] = std::max(rows_ + count, 2 * shape[0]);
    const at::Tensor wider = at::empty(shape, layer.options());
    wider.narrow(0, 0, rows_).copy_(layer.narrow(0, 0, rows_));
    layer = wider;
  }
  rows_ += count;
}

void KeyValuePool::keep(std::span<const std::int32_t> kept) {
  const at::Tensor index = at::tensor(at::ArrayRef<std::int32_t>(kept.data(), kept.size()), at::kInt);
  for (at::Tensor& layer : layers_) layer = layer.index_select(0, index.to(layer.device()));
  rows_ = static_cast<std::int64_t>(kept.size());
}

void forget_unread(KeyValuePool& pool, std::span<std::vector<std::int32_t>> lists) {
  if (pool.rows() < kFewRows) return;
  std::vector<std::int32_t> place(static_cast<std::size_t>(pool.rows()), -1);
  for (const std::vector<std::int32_t>& list : lists)
    for (const std::int32_t row : list) place[static_cast<std::size_t>(row)] = 0;
  std::vector<std::int32_t> kept;
  for (std::size_t row = 0; row < place.size(); ++row) {
    if (place[row] < 0) continue;
    place[row] = static_cast<std::int32_t>(kept.size());
    kept.push_back(static_cast<std::int32_t>(row));
  }
  if (2 * kept.size() > place.size()) return;
  pool.keep(kept);
  for (std::vector<std::int32_t>& list : lists)
    for (std::int32_t& row : list) row = place[static_cast<std::size_t>(row)];
}

}  // namespace nn
