#include "backbones/nn/int8_gemm.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nn {
namespace {

constexpr std::int64_t kPanel = 16;
constexpr std::int64_t kQuad = 4;
constexpr std::int64_t kTileRows = 4;
constexpr std::int64_t kBlockRows = 192;
constexpr std::int64_t kQuads = 256;  // of one block: 16 KB of a panel
constexpr float kMost = 127.0F;
constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to the nearest whole number
using Bytes = std::int8_t __attribute__((vector_size(8)));

/// At most four rows times one panel's block, added to sums [row][16].
struct Tile {
  const std::int8_t* a;  // row r at a + r * stride
  std::int64_t stride;
  const std::int8_t* b;  // [quads][16][4]
  std::int64_t quads;
  std::int32_t* sums;
};

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))

template <int kRows>
AVX2 inline void multiply_tile(const Tile& t) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[kRows][2];
  auto* to = reinterpret_cast<__m256i*>(t.sums);
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r)
    for (int h = 0; h < 2; ++h) sums[r][h] = _mm256_loadu_si256(to + 2 * r + h);
  for (std::int64_t q = 0; q < t.quads; ++q) {
    const auto* b = reinterpret_cast<const __m256i*>(t.b + q * kPanel * kQuad);
    const __m256i low = _mm256_loadu_si256(b), high = _mm256_loadu_si256(b + 1);
    const __m256i low_magnitude = _mm256_abs_epi8(low), high_magnitude = _mm256_abs_epi8(high);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      std::int32_t four;
      std::memcpy(&four, t.a + r * t.stride + q * kQuad, sizeof four);
      const __m256i x = _mm256_set1_epi32(four);
      const __m256i by_low = _mm256_maddubs_epi16(low_magnitude, _mm256_sign_epi8(x, low));
      const __m256i by_high = _mm256_maddubs_epi16(high_magnitude, _mm256_sign_epi8(x, high));
      sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(by_low, ones));
      sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(by_high, ones));
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r)
    for (int h = 0; h < 2; ++h) _mm256_storeu_si256(to + 2 * r + h, sums[r][h]);
}

AVX2 void multiply_rows_avx2(const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return multiply_tile<1>(t);
    case 2:
      return multiply_tile<2>(t);
    case 3:
      return multiply_tile<3>(t);
    default:
      return multiply_tile<4>(t);
  }
}

const bool kAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif

void multiply_rows_plain(const Tile& t, std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t q = 0; q < t.quads; ++q)
      for (std::int64_t c = 0; c < kPanel; ++c)
        for (std::int64_t i = 0; i < kQuad; ++i)
          t.sums[r * kPanel + c] += t.a[r * t.stride + q * kQuad + i] * t.b[(q * kPanel + c) * kQuad + i];
}

/// Sums [rows][16] of a panel into y.
NN_INLINE void put_panel(const Int8Product& p, std::int64_t row, std::int64_t count, std::int64_t panel,
                         const std::int32_t* sums) {
  const std::int64_t outputs = p.weight.outputs(), column = panel * kPanel;
  const float* scales = p.weight.scales() + column;
  for (std::int64_t r = 0; r < count; ++r)
    for (std::int64_t c = 0; c < std::min(kPanel, outputs - column); c += kLanes) {
      Ints whole;
      std::memcpy(&whole, sums + r * kPanel + c, sizeof whole);
      const std::int64_t at = (row + r) * outputs + column + c, left = outputs - column - c;
      const Floats v =
          __builtin_convertvector(whole, Floats) * (load(scales + c) * p.x.scales[static_cast<std::size_t>(row + r)]);
      store_part(p.y + at, finish(v, shifted(p.epilogue, at, column + c), left), left);
    }
}

struct Range {
  std::int64_t begin, end;
};

NN_INLINE void multiply_range(const Int8Product& p, Range rows, Range panels,
                              void (*multiply_rows)(const Tile&, std::int64_t)) {
  const std::int64_t quads = p.weight.quads(), stride = quads * kQuad;
  thread_local std::vector<std::int32_t> sums(kBlockRows * kPanel);
  for (std::int64_t row = rows.begin; row < rows.end; row += kBlockRows) {
    const std::int64_t count = std::min(kBlockRows, rows.end - row);
    for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
      std::fill(sums.begin(), sums.begin() + count * kPanel, 0);
      for (std::int64_t q = 0; q < quads; q += kQuads)
        for (std::int64_t r = 0; r < count; r += kTileRows)
          multiply_rows(
              {p.x.numbers.data() + (row + r) * stride + q * kQuad, stride, p.weight.panel(panel) + q * kPanel * kQuad,
               std::min(kQuads, quads - q), sums.data() + r * kPanel},
              std::min(kTileRows, count - r));
      put_panel(p, row, count, panel, sums.data());
    }
  }
}

/// [K] -> 8 bits with one scale, which is returned; all zero where x is.
NN_INLINE float quantize_row(const float* x, std::int64_t inputs, std::int8_t* to) {
  Floats greatest{};
  for (std::int64_t k = 0; k < inputs; k += kLanes) {
    const Floats v = load_part(x + k, inputs - k, 0), magnitude = v < 0.0F ? -v : v;
    greatest = magnitude > greatest ? magnitude : greatest;
  }
  const float most = max_lanes(greatest), by = most > 0 ? kMost / most : 0.0F;
  for (std::int64_t k = 0; k < inputs; k += kLanes) {
    const Floats nearest = (load_part(x + k, inputs - k, 0) * by + kRound) - kRound;
    const Bytes eight = __builtin_convertvector(__builtin_convertvector(nearest, Ints), Bytes);
    std::memcpy(to + k, &eight, static_cast<std::size_t>(std::min(kLanes, inputs - k)));
  }
  return most / kMost;
}

#if defined(__x86_64__)
AVX2 void multiply_avx2(const Int8Product& p, Range rows, Range panels) {
  multiply_range(p, rows, panels, multiply_rows_avx2);
}
AVX2 float quantize_avx2(const float* x, std::int64_t inputs, std::int8_t* to) { return quantize_row(x, inputs, to); }
#endif

void multiply(const Int8Product& p, Range rows, Range panels) {
#if defined(__x86_64__)
  if (kAvx2) return multiply_avx2(p, rows, panels);
#endif
  multiply_range(p, rows, panels, multiply_rows_plain);
}

float quantize(const float* x, std::int64_t inputs, std::int8_t* to) {
#if defined(__x86_64__)
  if (kAvx2) return quantize_avx2(x, inputs, to);
#endif
  return quantize_row(x, inputs, to);
}

}  // namespace

Int8Matrix::Int8Matrix(std::int64_t outputs, std::int64_t inputs)
    : outputs_(outputs),
      inputs_(inputs),
      numbers_(panels() * kPanel * quads() * kQuad),
      scales_(static_cast<std::size_t>(panels() * kPanel)) {}

const std::int8_t* Int8Matrix::panel(std::int64_t index) const {
  return reinterpret_cast<const std::int8_t*>(numbers_.data()) + index * quads() * kPanel * kQuad;
}

void Int8Matrix::pack(const float* weight, std::int64_t first, std::int64_t last) {
  std::vector<std::int8_t> row(static_cast<std::size_t>(quads() * kQuad));
  for (std::int64_t output = first * kPanel; output < std::min(last * kPanel, outputs_); ++output) {
    scales_[static_cast<std::size_t>(output)] = quantize(weight + output * inputs_, inputs_, row.data());
    auto* to = reinterpret_cast<std::int8_t*>(numbers_.data()) + output / kPanel * quads() * kPanel * kQuad;
    for (std::int64_t q = 0; q < quads(); ++q)
      std::memcpy(to + (q * kPanel + output % kPanel) * kQuad, row.data() + q * kQuad, kQuad);
  }
}

void quantize_rows(const float* x, std::int64_t inputs, std::int64_t first, std::int64_t last, Int8Rows& to) {
  const std::int64_t stride = (inputs + kQuad - 1) / kQuad * kQuad;
  for (std::int64_t row = first; row < last; ++row)
    to.scales[static_cast<std::size_t>(row)] = quantize(x + row * inputs, inputs, to.numbers.data() + row * stride);
}

void multiply_part(const Int8Product& p, std::int64_t part, std::int64_t parts) {
  const std::int64_t tiles = (p.rows + kTileRows - 1) / kTileRows, panels = p.weight.panels();
  constexpr std::int64_t kEnoughTiles = 12;  // of a part: fewer would not pay for reading all weights once a part
  if (tiles >= kEnoughTiles * parts)
    return multiply(p, {tiles * part / parts * kTileRows, std::min(p.rows, tiles * (part + 1) / parts * kTileRows)},
                    {0, panels});
  multiply(p, {0, p.rows}, {panels * part / parts, panels * (part + 1) / parts});
}

}  // namespace nn
