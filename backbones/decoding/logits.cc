#include "backbones/decoding/logits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

namespace decoding {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlock = 64;  // logits whose maximum stands for them while a threshold is sought
constexpr float kLowest = -std::numeric_limits<float>::infinity();

using Lanes = std::array<float, kLanes>;

/// The maximum; NaN is passed over.
float maximum(std::span<const float> values) {
  Lanes lanes;
  lanes.fill(kLowest);
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
#pragma omp simd
    for (std::size_t j = 0; j < kLanes; ++j) lanes[j] = values[i + j] > lanes[j] ? values[i + j] : lanes[j];
  }
  for (; i < values.size(); ++i) lanes[0] = std::max(lanes[0], values[i]);
  return *std::max_element(lanes.begin(), lanes.end());
}

/// exp(x) for x <= 0, written so that the compiler can run it in lanes: x = n ln 2 + r, exp(r) by its series to the
/// seventh power on |r| <= ln(2)/2, then n into the exponent. Below -87 the result stays at exp(-87), which no sum
/// feels.
inline float exp_of_nonpositive(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  const float clamped = x < -87.0f ? -87.0f : x;
  const float shifted = clamped * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (clamped - n * 0.693145752f) - n * 1.42860677e-6f;  // ln 2 in two parts
  float series = 1.98412698e-4f;
  series = series * r + 1.38888889e-3f;
  series = series * r + 8.33333333e-3f;
  series = series * r + 4.16666667e-2f;
  series = series * r + 1.66666667e-1f;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) + 127u) << 23;
  return series * std::bit_cast<float>(exponent);
}

bool by_falling_logit(const TokenLogit& a, const TokenLogit& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

/// A value that at least k logits reach: the k-th highest of the maxima of blocks.
float lower_bound_of_kth(std::span<const float> logits, std::size_t k) {
  std::vector<float> maxima;
  maxima.reserve(logits.size() / kBlock + 1);
  for (std::size_t i = 0; i < logits.size(); i += kBlock) {
    maxima.push_back(maximum(logits.subspan(i, std::min(kBlock, logits.size() - i))));
  }
  if (maxima.size() < k) return kLowest;
  const auto kth = maxima.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(maxima.begin(), kth, maxima.end(), std::greater<>());
  return *kth;
}

}  // namespace

double log_sum_exp(std::span<const float> logits) {
  const float highest_logit = maximum(logits);
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    Lanes exponentials;
#pragma omp simd
    for (std::size_t j = 0; j < kLanes; ++j) exponentials[j] = exp_of_nonpositive(logits[i + j] - highest_logit);
#pragma omp simd
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += exponentials[j];
  }
  for (std::size_t j = 0; i < logits.size(); ++i, ++j) sums[j] += exp_of_nonpositive(logits[i] - highest_logit);
  double total = 0;
  for (const double sum : sums) total += sum;
  const double result = highest_logit + std::log(total);
  if (!std::isfinite(result)) throw std::runtime_error("the logits are not finite");
  return result;
}

TokenLogit highest(std::span<const float> logits) {
  const float value = maximum(logits);
  const auto at = std::find(logits.begin(), logits.end(), value);
  return {static_cast<std::int32_t>(at - logits.begin()), value};
}

std::vector<TokenLogit> at_least(std::span<const float> logits, float threshold) {
  std::vector<TokenLogit> found;
  for (std::size_t begin = 0; begin < logits.size(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, logits.size());
    if (maximum(logits.subspan(begin, end - begin)) < threshold) continue;
    for (std::size_t i = begin; i < end; ++i) {
      if (logits[i] >= threshold) found.push_back({static_cast<std::int32_t>(i), logits[i]});
    }
  }
  return found;
}

float kth_highest(std::span<const float> logits, std::size_t k) {
  if (k == 0 || k > logits.size())
    throw std::invalid_argument("kth_highest: k must be from 1 to the vocabulary's size");
  std::vector<TokenLogit> some = at_least(logits, lower_bound_of_kth(logits, k));
  const auto kth = some.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(some.begin(), kth, some.end(), by_falling_logit);
  return kth->logit;
}

std::vector<TokenLogit> top_k(std::span<const float> logits, std::size_t k) {
  const std::size_t count = std::min(k, logits.size());
  if (count == 0) return {};
  std::vector<TokenLogit> found = at_least(logits, lower_bound_of_kth(logits, count));
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(found.begin(), end, found.end(), by_falling_logit);
  found.resize(count);
  return found;
}

}  // namespace decoding
