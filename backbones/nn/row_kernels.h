// Kernels over rows of floats whose bits are a function of the row alone: each row is summed in one fixed order, by
// vectors of eight lanes, whatever stands beside it in memory. The library's own kernels for these steps choose another
// order by the number of rows, by the position in a tensor or by the number of threads. No torch here: pointers and
// sizes; the callers split rows over threads. Compiled twice, for AVX2 with FMA and for any machine; the choice is the
// machine's, never the caller's.
#pragma once

#include <cstdint>

namespace nn {

/// y = x / sqrt(mean(x^2) + epsilon) * weight over rows of `width` floats.
struct RmsNormRows {
  const float* x;
  const float* weight;  // [width]
  float* y;
  std::int64_t width;
  float epsilon;
};
void rms_norm_rows(const RmsNormRows& task, std::int64_t first, std::int64_t last);

/// y = gelu_tanh(x[:width]) * x[width:] over rows of 2 * `width` floats.
struct GatedGeluRows {
  const float* x;
  float* y;
  std::int64_t width;
};
void gated_gelu_rows(const GatedGeluRows& task, std::int64_t first, std::int64_t last);

/// y = log(sum(exp(x))) over rows of `width` floats, in double after the exponentials.
struct LogSumExpRows {
  const float* x;
  double* y;
  std::int64_t width;
};
void log_sum_exp_rows(const LogSumExpRows& task, std::int64_t first, std::int64_t last);

/// Attention of one query a row over a list of rows of a pool of keys and values. The pool never moves: a beam that
/// splits copies its list, not its keys.
struct AttendRows {
  const float* query;  // row r at query + r * query_stride: [heads, width]
  std::int64_t query_stride;
  const float* pool;         // row p at pool + p * 2 * heads * width: keys [heads, width], values [heads, width]
  const std::int32_t* rows;  // the keys of query r, oldest first: rows[begin[r]] … rows[begin[r + 1] - 1], at least one
  const std::int64_t* begin;
  const float* bias;  // [heads, bias_stride]: added to the score of the key that is d positions back, bias[h][d]
  std::int64_t bias_stride;
  float* y;                   // [R, heads, width]
  std::int64_t heads, width;  // width: a multiple of kHeadAlign
};
void attend_rows(const AttendRows& task, std::int64_t first, std::int64_t last);

/// Heads are padded with zeros to a multiple of this: every head then begins on a cache line.
inline constexpr std::int64_t kHeadAlign = 16;

}  // namespace nn
