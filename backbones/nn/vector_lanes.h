// Vectors of eight floats for kernels that are compiled twice, for AVX2 with FMA and for any machine. Everything is
// inlined into the kernel that uses it, so that the kernel's target decides the instructions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// Vectors pass between functions that are all inlined: their calling convention never matters.
#pragma GCC diagnostic ignored "-Wpsabi"

#define NN_INLINE [[gnu::always_inline]] inline

namespace nn {

inline constexpr std::int64_t kLanes = 8;
using Floats = float __attribute__((vector_size(32)));
using Ints = std::int32_t __attribute__((vector_size(32)));

NN_INLINE Floats load(const float* from) {
  Floats v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

NN_INLINE void store(float* to, const Floats& v) { std::memcpy(to, &v, sizeof v); }

/// The first `count` lanes; the others hold `fill`.
NN_INLINE Floats load_part(const float* from, std::int64_t count, float fill) {
  if (count >= kLanes) return load(from);
  Floats v = fill - Floats{};
  std::memcpy(&v, from, static_cast<std::size_t>(count) * sizeof(float));
  return v;
}

NN_INLINE void store_part(float* to, const Floats& v, std::int64_t count) {
  if (count >= kLanes) return store(to, v);
  std::memcpy(to, &v, static_cast<std::size_t>(count) * sizeof(float));
}

NN_INLINE float sum_lanes(const Floats& v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

NN_INLINE float max_lanes(const Floats& v) {
  float most = v[0];
  for (int i = 1; i < kLanes; ++i) most = v[i] > most ? v[i] : most;
  return most;
}

/// exp to 2 units in the last place (the polynomial of Cephes' expf), clamped to the range of normal floats.
NN_INLINE Floats exp_lanes(const Floats& unclamped) {
  Floats x = unclamped < 88.3762626F ? unclamped : 88.3762626F - Floats{};
  x = x > -87.3365447F ? x : -87.3365447F - Floats{};
  const Floats n = (x * 1.44269504088896341F + 12582912.0F) - 12582912.0F;  // to the nearest integer
  const Floats r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  Floats p = 1.9875691500e-4F - Floats{};
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats power;
  std::memcpy(&power, &exponent, sizeof power);
  return p * power;
}

/// x Phi(x), the exact GELU: erf by Abramowitz and Stegun (1964), 7.1.26, off by 1.5e-7 at most.
NN_INLINE Floats gelu_lanes(const Floats& x) {
  const Floats z = (x < 0.0F ? -x : x) * 0.70710678118654752F;
  const Floats t = 1.0F / (z * 0.3275911F + 1.0F);
  Floats p = t * 1.061405429F - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const Floats tail = p * t * exp_lanes(-z * z) * 0.5F;  // 1 - Phi(|x|)
  return x * (x < 0.0F ? tail : 1.0F - tail);
}

}  // namespace nn
