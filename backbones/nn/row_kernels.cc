#include "backbones/nn/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "backbones/nn/vector_lanes.h"

namespace nn {
namespace {

NN_INLINE void rms_norm(const RmsNormRows& task, std::int64_t first, std::int64_t last) {
  const std::int64_t width = task.width;
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = task.x + row * width;
    Floats squares{};
    for (std::int64_t i = 0; i < width; i += kLanes) {
      const Floats v = load_part(x + i, width - i, 0);
      squares += v * v;
    }
    const float scale = 1.0F / std::sqrt(sum_lanes(squares) / static_cast<float>(width) + task.epsilon);
    for (std::int64_t i = 0; i < width; i += kLanes)
      store_part(task.y + row * width + i,
                 load_part(x + i, width - i, 0) * scale * load_part(task.weight + i, width - i, 0), width - i);
  }
}

NN_INLINE void gated_gelu(const GatedGeluRows& task, std::int64_t first, std::int64_t last) {
  const std::int64_t width = task.width;
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = task.x + row * 2 * width;
    for (std::int64_t i = 0; i < width; i += kLanes) {
      const Floats v = load_part(x + i, width - i, 0);
      // 0.5 v (1 + tanh(u)) = v / (1 + exp(-2u)), u = sqrt(2 / pi) (v + 0.044715 v^3)
      const Floats u = v * (v * v * 0.044715F + 1.0F) * -1.59576912160573071F;
      store_part(task.y + row * width + i, v / (exp_lanes(u) + 1.0F) * load_part(x + width + i, width - i, 0),
                 width - i);
    }
  }
}

NN_INLINE float max_of(const float* x, std::int64_t width) {
  Floats most = load_part(x, width, x[0]);
  for (std::int64_t i = kLanes; i < width; i += kLanes) {
    const Floats v = load_part(x + i, width - i, x[0]);
    most = v > most ? v : most;
  }
  return max_lanes(most);
}

NN_INLINE void log_sum_exp(const LogSumExpRows& task, std::int64_t first, std::int64_t last) {
  constexpr std::int64_t kPiece = 32 * kLanes;  // summed in float, then added in double
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = task.x + row * task.width;
    const float most = max_of(x, task.width);
    double total = 0;
    for (std::int64_t begin = 0; begin < task.width; begin += kPiece) {
      Floats sums{};
      const std::int64_t end = std::min(begin + kPiece, task.width);
      for (std::int64_t i = begin; i < end; i += kLanes)
        sums += exp_lanes(load_part(x + i, end - i, most - 1000.0F) - most);
      total += sum_lanes(sums);
    }
    task.y[row] = static_cast<double>(most) + std::log(total);
  }
}

/// One head of one row. `scores`: room for the number of keys, rounded up to whole vectors.
NN_INLINE void attend_head(const AttendRows& task, std::int64_t row, std::int64_t head, float* scores) {
  const std::int32_t* keys = task.rows + task.begin[row];
  const std::int64_t count = task.begin[row + 1] - task.begin[row];
  const std::int64_t width = task.width, stride = 2 * task.heads * width;
  const float* query = task.query + row * task.query_stride + head * width;
  const float* bias = task.bias + head * task.bias_stride + count - 1;
  for (std::int64_t k = 0; k < count; ++k) {
    const float* key = task.pool + keys[k] * stride + head * width;
    Floats even{}, odd{};
    for (std::int64_t i = 0; i < width; i += 2 * kLanes) {
      even += load(query + i) * load(key + i);
      odd += load(query + i + kLanes) * load(key + i + kLanes);
    }
    scores[k] = sum_lanes(even + odd) + bias[-k];
  }
  const float most = max_of(scores, count);
  Floats sums{};
  for (std::int64_t k = 0; k < count; k += kLanes) {
    const Floats weights = exp_lanes(load_part(scores + k, count - k, most - 1000.0F) - most);
    sums += weights;
    std::memcpy(scores + k, &weights, sizeof weights);
  }
  const float total = sum_lanes(sums);
  float* y = task.y + (row * task.heads + head) * width;
  for (std::int64_t i = 0; i < width; i += 2 * kLanes) {
    const float* values = task.pool + (task.heads + head) * width + i;
    Floats even{}, odd{};
    for (std::int64_t k = 0; k < count; ++k) {
      even += scores[k] * load(values + keys[k] * stride);
      odd += scores[k] * load(values + keys[k] * stride + kLanes);
    }
    store_part(y + i, even / total, kLanes);
    store_part(y + i + kLanes, odd / total, kLanes);
  }
}

NN_INLINE void attend(const AttendRows& task, std::int64_t first, std::int64_t last) {
  std::int64_t most = 0;
  for (std::int64_t row = first; row < last; ++row) most = std::max(most, task.begin[row + 1] - task.begin[row]);
  std::vector<float> scores(static_cast<std::size_t>(most + kLanes));
  for (std::int64_t row = first; row < last; ++row)
    for (std::int64_t head = 0; head < task.heads; ++head) attend_head(task, row, head, scores.data());
}

#if defined(__x86_64__)
const bool kAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif

}  // namespace

#if defined(__x86_64__)
#define COMPILE_TWICE(name, body, Task)                                                                           \
  namespace {                                                                                                     \
  __attribute__((target("avx2,fma"))) void body##_avx2(const Task& task, std::int64_t first, std::int64_t last) { \
    body(task, first, last);                                                                                      \
  }                                                                                                               \
  }                                                                                                               \
  void name(const Task& task, std::int64_t first, std::int64_t last) {                                            \
    if (kAvx2) return body##_avx2(task, first, last);                                                             \
    body(task, first, last);                                                                                      \
  }
#else
#define COMPILE_TWICE(name, body, Task) \
  void name(const Task& task, std::int64_t first, std::int64_t last) { body(task, first, last); }
#endif

COMPILE_TWICE(rms_norm_rows, rms_norm, RmsNormRows)
COMPILE_TWICE(gated_gelu_rows, gated_gelu, GatedGeluRows)
COMPILE_TWICE(log_sum_exp_rows, log_sum_exp, LogSumExpRows)
COMPILE_TWICE(attend_rows, attend, AttendRows)

}  // namespace nn
