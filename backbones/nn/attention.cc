#include "backbones/nn/attention.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "backbones/nn/row_kernels.h"

namespace nn {
namespace {

constexpr std::int64_t kTile = 20;  // rows of a cross-attention product: smaller products may sum in another order

/// rows [n <= kTile, H, K] over one source -> [n, H, K].
at::Tensor attend_tile(const at::Tensor& rows, const CrossCache& cache) {
  at::Tensor tile = at::zeros({rows.size(1), kTile, rows.size(2)}, rows.options());
  tile.narrow(1, 0, rows.size(0)).copy_(rows.transpose(0, 1));
  const at::Tensor weights = at::softmax(at::bmm(tile, cache.keys.transpose(1, 2)), -1);  // [H, kTile, S]
  return at::bmm(weights, cache.values).narrow(1, 0, rows.size(0)).transpose(0, 1);
}

/// The same by library operators, for devices without row kernels: lists padded to the longest.
at::Tensor row_attention_padded(const at::Tensor& q, const at::Tensor& pool, const KeyLists& keys,
                                const at::Tensor& bias) {
  const auto rows = static_cast<std::int64_t>(keys.begin.size()) - 1;
  std::int64_t longest = 0;
  for (std::int64_t r = 0; r < rows; ++r) longest = std::max(longest, keys.begin[r + 1] - keys.begin[r]);
  at::Tensor index = at::zeros({rows, longest}, at::kLong), distance = at::full({rows, longest}, -1, at::kLong);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = keys.begin[r]; k < keys.begin[r + 1]; ++k) {
      index[r][k - keys.begin[r]] = keys.rows[k];
      distance[r][k - keys.begin[r]] = keys.begin[r + 1] - 1 - k;
    }
  index = index.to(q.device()), distance = distance.to(q.device());
  const at::Tensor held = pool.index_select(0, index.flatten()).unflatten(0, {rows, longest});  // [R, N, 2, H, K]
  const at::Tensor by_key =
      bias.index_select(1, distance.clamp_min(0).flatten()).unflatten(1, {rows, longest});  // [H, R, N]
  at::Tensor scores = at::einsum("rhk,rnhk->rhn", {q, held.select(2, 0)}) + by_key.transpose(0, 1);
  scores = scores.masked_fill((distance < 0).unsqueeze(1), -std::numeric_limits<float>::infinity());
  return at::einsum("rhn,rnhk->rhk", {at::softmax(scores, -1), held.select(2, 1)}).flatten(1);
}

}  // namespace

std::vector<LengthGroup> group_lengths(std::span<const std::int64_t> lengths) {
  std::vector<LengthGroup> groups;
  std::int64_t row = 0;
  for (const std::int64_t length : lengths) {
    if (groups.empty() || groups.back().length != length) groups.push_back({row, 0, length});
    ++groups.back().count;
    row += length;
  }
  return groups;
}

at::Tensor self_attention(const at::Tensor& qkv, std::span<const LengthGroup> groups,
                          const std::function<at::Tensor(std::int64_t)>& bias, double scale) {
  TORCH_CHECK_VALUE(qkv.dim() == 4 && qkv.size(1) == 3, "self_attention: expected [T, 3, H, K], got ", qkv.sizes());
  at::Tensor y = at::empty({qkv.size(0), qkv.size(2) * qkv.size(3)}, qkv.options());
  for (const LengthGroup& group : groups) {
    const std::int64_t rows = group.count * group.length;
    const at::Tensor heads = qkv.narrow(0, group.begin, rows)
                                 .unflatten(0, {group.count, group.length})  // [B, L, 3, H, K]
                                 .permute({2, 0, 3, 1, 4});                  // [3, B, H, L, K]
    const at::Tensor added = bias(group.length);
    const std::optional<at::Tensor> mask = added.defined() ? std::optional(added.unsqueeze(0)) : std::nullopt;
    const at::Tensor mixed =
        at::scaled_dot_product_attention(heads[0], heads[1], heads[2], mask, 0.0, false, scale);  // [B, H, L, K]
    y.narrow(0, group.begin, rows)
        .view({group.count, group.length, qkv.size(2), qkv.size(3)})
        .copy_(mixed.transpose(1, 2));
  }
  return y;
}

at::Tensor cross_attention(const at::Tensor& q, std::span<const CrossCache> caches,
                           std::span<const std::int64_t> rows_per_source) {
  TORCH_CHECK_VALUE(q.dim() == 3, "cross_attention: expected [R, H, K], got ", q.sizes());
  TORCH_CHECK_VALUE(caches.size() == rows_per_source.size(), "cross_attention: one cache for each source");
  at::Tensor y = at::empty({q.size(0), q.size(1), q.size(2)}, q.options());
  std::int64_t row = 0;
  for (std::size_t source = 0; source < caches.size(); ++source) {
    const std::int64_t end = row + rows_per_source[source];
    for (; row < end; row = std::min(row + kTile, end)) {
      const std::int64_t count = std::min(kTile, end - row);
      y.narrow(0, row, count).copy_(attend_tile(q.narrow(0, row, count), caches[source]));
    }
  }
  TORCH_CHECK_VALUE(row == q.size(0), "cross_attention: ", q.size(0), " rows, the sources have ", row);
  return y.flatten(1);
}

at::Tensor row_attention(const at::Tensor& q, const at::Tensor& pool, const KeyLists& keys, const at::Tensor& bias) {
  const std::int64_t rows = q.size(0), heads = q.size(1), width = q.size(2);
  TORCH_CHECK_VALUE(static_cast<std::int64_t>(keys.begin.size()) == rows + 1, "row_attention: one list for each query");
  TORCH_CHECK_VALUE(pool.dim() == 4 && pool.size(1) == 2 && pool.size(2) == heads && pool.size(3) == width,
                    "row_attention: pool must be [P, 2, H, K], got ", pool.sizes());
  if (!q.is_cpu()) return row_attention_padded(q, pool, keys, bias);
  TORCH_CHECK_VALUE(width % kHeadAlign == 0 && q.stride(2) == 1 && q.stride(1) == width, "row_attention: head width ",
                    width);
  TORCH_CHECK_VALUE(pool.is_contiguous() && bias.is_contiguous(), "row_attention: pool and bias must be contiguous");
  at::Tensor y = at::empty({rows, heads * width}, q.options());
  const AttendRows task{.query = q.const_data_ptr<float>(),
                        .query_stride = q.stride(0),
                        .pool = pool.const_data_ptr<float>(),
                        .rows = keys.rows.data(),
                        .begin = keys.begin.data(),
                        .bias = bias.const_data_ptr<float>(),
                        .bias_stride = bias.size(1),
                        .y = y.mutable_data_ptr<float>(),
                        .heads = heads,
                        .width = width};
  at::parallel_for(0, rows, 4, [&](std::int64_t first, std::int64_t last) { attend_rows(task, first, last); });
  return y;
}

}  // namespace nn
