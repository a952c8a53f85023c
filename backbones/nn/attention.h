// Attention, in three forms whose bits never depend on the rows beside:
//   self_attention     sequences of equal length, packed without padding, each over itself (encoders)
//   cross_attention    rows over the encoded source that they belong to, in tiles of 20 rows (decoders)
//   row_attention      one query a row over a list of earlier rows (decoders)
// Letters: B sequences, L length, H heads, K head width, S source length, R rows, P rows of a pool.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nn {

/// Adjacent sequences of one length in a packed batch: rows begin … begin + count * length - 1.
struct LengthGroup {
  std::int64_t begin = 0, count = 0, length = 0;
};
/// Groups of equal neighbours; sort the lengths first.
std::vector<LengthGroup> group_lengths(std::span<const std::int64_t> lengths);

/// Every sequence of a packed batch over itself: qkv [T, 3, H, K] -> [T, H * K]. `bias(L)` gives [H, L, L] to add to
/// the scores of a group, or an undefined tensor.
at::Tensor self_attention(const at::Tensor& qkv, std::span<const LengthGroup> groups,
                          const std::function<at::Tensor(std::int64_t)>& bias, double scale);

/// What the rows of one source attend to: keys and values [H, S, K], each contiguous.
struct CrossCache {
  at::Tensor keys, values;
};
/// q [R, H, K] -> [R, H * K], scores unscaled. The first rows_per_source[0] rows belong to caches[0], and so on.
at::Tensor cross_attention(const at::Tensor& q, std::span<const CrossCache> caches,
                           std::span<const std::int64_t> rows_per_source);

/// Lists of rows of a pool, one for each query, oldest first; the last is the query's own.
struct KeyLists {
  std::vector<std::int32_t> rows;
  std::vector<std::int64_t> begin{0};  // list r: rows[begin[r]] … rows[begin[r + 1] - 1]
};
/// q [R, H, K] (a view of wider rows will do), pool [P, 2, H, K] keys and values, bias [H, D] by distance -> [R, H *
/// K], scores unscaled. K is a multiple of kHeadAlign.
at::Tensor row_attention(const at::Tensor& q, const at::Tensor& pool, const KeyLists& keys, const at::Tensor& bias);

}  // namespace nn
