#include "backbones/nn/int8_gemm.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>

namespace nn {
namespace {

constexpr std::int64_t kSide = kInt8Panel;  // of a tile: rows and outputs
constexpr std::int64_t kQuad = 4;           // k that one instruction sums
constexpr std::int64_t kQuadBytes = kSide * kQuad;
constexpr std::int64_t kBlockTiles = 24;  // of x in the second cache
constexpr std::int64_t kQuads = 256;      // of one block: 8 KB of a panel
constexpr float kMost = 127.0F;
constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to the nearest whole number
using Bytes = std::int8_t __attribute__((vector_size(8)));

std::int64_t quads_of(std::int64_t inputs) { return (inputs + kQuad - 1) / kQuad; }

/// Eight rows times eight outputs over some quads, added to sums [row][8].
struct Tile {
  const std::int8_t* a;  // [quads][8][4]
  const std::int8_t* b;  // [quads][8][4]
  std::int64_t quads;
  std::int32_t* sums;
};
using MultiplyTile = void (*)(const Tile&);

void multiply_tile_plain(const Tile& t) {
  for (std::int64_t q = 0; q < t.quads; ++q)
    for (std::int64_t r = 0; r < kSide; ++r)
      for (std::int64_t c = 0; c < kSide; ++c)
        for (std::int64_t i = 0; i < kQuad; ++i)
          t.sums[r * kSide + c] += t.a[q * kQuadBytes + r * kQuad + i] * t.b[q * kQuadBytes + c * kQuad + i];
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))

AVX2 void multiply_tile_avx2(const Tile& t) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[kSide];
  auto* to = reinterpret_cast<__m256i*>(t.sums);
#pragma GCC unroll 8
  for (int r = 0; r < kSide; ++r) sums[r] = _mm256_loadu_si256(to + r);
  const std::int8_t* a = t.a;
  for (std::int64_t q = 0; q < t.quads; ++q, a += kQuadBytes) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.b + q * kQuadBytes));
    const __m256i magnitude = _mm256_abs_epi8(w);
#pragma GCC unroll 8
    for (int r = 0; r < kSide; ++r) {
      std::int32_t four;
      std::memcpy(&four, a + r * kQuad, sizeof four);
      const __m256i pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(_mm256_set1_epi32(four), w));
      sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(pairs, ones));
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kSide; ++r) _mm256_storeu_si256(to + r, sums[r]);
}

const bool kAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif

/// The sums of a tile into y.
NN_INLINE void put_tile(const Int8Product& p, std::int64_t tile, std::int64_t panel, const std::int32_t* sums) {
  const std::int64_t outputs = p.weight.outputs(), column = panel * kSide, row = tile * kSide;
  const std::int64_t columns = outputs - column, rows = std::min(kSide, p.x.rows() - row);
  const Floats scales = load(p.weight.scales() + column);
  for (std::int64_t r = 0; r < rows; ++r) {
    Ints whole;
    std::memcpy(&whole, sums + r * kSide, sizeof whole);
    const std::int64_t at = (row + r) * outputs + column;
    const Floats v = __builtin_convertvector(whole, Floats) * (scales * p.x.scale(row + r));
    store_part(p.y + at, finish(v, shifted(p.epilogue, at, column), columns), columns);
  }
}

struct Range {
  std::int64_t begin, end;
};

NN_INLINE void multiply_range(const Int8Product& p, Range panels, MultiplyTile multiply_tile) {
  const std::int64_t quads = p.weight.quads();
  std::int32_t sums[kBlockTiles][kSide * kSide];
  for (std::int64_t tile = 0; tile < p.x.tiles(); tile += kBlockTiles) {
    const std::int64_t count = std::min(kBlockTiles, p.x.tiles() - tile);
    for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
      std::memset(sums, 0, sizeof sums);
      for (std::int64_t q = 0; q < quads; q += kQuads)
        for (std::int64_t i = 0; i < count; ++i)
          multiply_tile({p.x.tile(tile + i) + q * kQuadBytes, p.weight.panel(panel) + q * kQuadBytes,
                         std::min(kQuads, quads - q), sums[i]});
      for (std::int64_t i = 0; i < count; ++i) put_tile(p, tile + i, panel, sums[i]);
    }
  }
}

/// [K] -> 8 bits with one scale, which is returned; all zero where x is..
NN_INLINE float quantize_row(const float* x, std::int64_t inputs, std::int8_t* to) {
  Floats greatest{};
  for (std::int64_t k = 0; k < inputs; k += kLanes) {
    const Floats v = load_part(x + k, inputs - k, 0), magnitude = v < 0.0F ? -v : v;
    greatest = magnitude > greatest ? magnitude : greatest;
  }
  const float most = max_lanes(greatest), by = most > 0 ? kMost / most : 0.0F;
  for (std::int64_t k = 0; k < inputs; k += kLanes, to += 2 * kQuadBytes) {
    const Floats nearest = (load_part(x + k, inputs - k, 0) * by + kRound) - kRound;
    const Bytes eight = __builtin_convertvector(__builtin_convertvector(nearest, Ints), Bytes);
    std::memcpy(to, &eight, kQuad);
    if (inputs - k > kQuad) std::memcpy(to + kQuadBytes, reinterpret_cast<const std::int8_t*>(&eight) + kQuad, kQuad);
  }
  return most / kMost;
}

#if defined(__x86_64__)
AVX2 void multiply_avx2(const Int8Product& p, Range panels) { multiply_range(p, panels, multiply_tile_avx2); }
AVX2 float quantize_avx2(const float* x, std::int64_t inputs, std::int8_t* to) { return quantize_row(x, inputs, to); }
#endif

void multiply(const Int8Product& p, Range panels) {
#if defined(__x86_64__)
  if (kAvx2) return multiply_avx2(p, panels);
#endif
  multiply_range(p, panels, multiply_tile_plain);
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
      numbers_(panels() * quads() * kQuadBytes),
      scales_(static_cast<std::size_t>(panels() * kSide)) {}

const std::int8_t* Int8Matrix::panel(std::int64_t index) const {
  return reinterpret_cast<const std::int8_t*>(numbers_.data()) + index * quads() * kQuadBytes;
}

void Int8Matrix::pack(const float* weight, std::int64_t first, std::int64_t last) {
  for (std::int64_t output = first * kSide; output < std::min(last * kSide, outputs_); ++output) {
    auto* to = const_cast<std::int8_t*>(panel(output / kSide)) + output % kSide * kQuad;
    scales_[static_cast<std::size_t>(output)] = quantize(weight + (output - first * kSide) * inputs_, inputs_, to);
  }
}

Int8Rows::Int8Rows(std::int64_t rows, std::int64_t inputs)
    : rows_(rows),
      inputs_(inputs),
      numbers_(static_cast<std::size_t>(tiles() * quads_of(inputs) * kQuadBytes)),
      scales_(static_cast<std::size_t>(rows)) {}

const std::int8_t* Int8Rows::tile(std::int64_t index) const {
  return numbers_.data() + index * quads_of(inputs_) * kQuadBytes;
}

void Int8Rows::quantize(const float* x, std::int64_t first, std::int64_t last) {
  for (std::int64_t row = first * kSide; row < std::min(last * kSide, rows_); ++row) {
    auto* to = const_cast<std::int8_t*>(tile(row / kSide)) + row % kSide * kQuad;
    scales_[static_cast<std::size_t>(row)] = nn::quantize(x + row * inputs_, inputs_, to);
  }
}

void multiply_part(const Int8Product& p, std::int64_t part, std::int64_t parts) {
  const std::int64_t panels = p.weight.panels();
  multiply(p, {panels * part / parts, panels * (part + 1) / parts});
}

}  // namespace nn
