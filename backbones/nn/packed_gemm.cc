#include "backbones/nn/packed_gemm.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <type_traits>
#include <vector>

#include "backbones/nn/vector_lanes.h"

namespace nn {
namespace {

constexpr std::int64_t kBlockTiles = 32;  // of x in the second cache: 264 KB at most
constexpr std::int64_t kPanelGroup = 16;  // whose sums stay in the second cache from one block of k to the next
constexpr std::int64_t kLineBytes = 64;

using Format = PackedMatrix::Format;
using Words = std::uint16_t __attribute__((vector_size(16)));
using Unsigned = std::uint32_t __attribute__((vector_size(32)));

struct Range {
  std::int64_t begin, end;
};

std::int64_t bytes_of(Format format) { return format == Format::kFloat32 ? 4 : 2; }

std::uint16_t narrowed(float value, Format format) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (format == Format::kBfloat16) return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
  const auto half = static_cast<_Float16>(value);
  std::uint16_t word;
  std::memcpy(&word, &half, sizeof word);
  return word;
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#define NN_WIDENS_HALVES
namespace avx2 {
#include "backbones/nn/packed_gemm_tiles.h"
}
#undef NN_WIDENS_HALVES
#pragma GCC pop_options
const bool kAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#endif
namespace plain {
#include "backbones/nn/packed_gemm_tiles.h"
}

void multiply(const PackedProduct& p, Range panels) {
#if defined(__x86_64__)
  if (kAvx2) return avx2::multiply(p, panels);
#endif
  plain::multiply(p, panels);
}

}  // namespace

PackedMatrix::PackedMatrix(std::int64_t outputs, std::int64_t inputs, Format format)
    : outputs_(outputs),
      inputs_(inputs),
      format_(format),
      numbers_(panels() * kPanel * inputs * bytes_of(format) + kLineBytes) {}

void PackedMatrix::pack(const float* weight, std::int64_t first, std::int64_t last) {
  for (std::int64_t k = 0; k < inputs_; k += depth()) {
    const std::int64_t depth = std::min(this->depth(), inputs_ - k);
    for (std::int64_t panel = first; panel < last; ++panel) {
      void* block = const_cast<void*>(this->block(k, depth, panel));
      for (std::int64_t c = 0; c < std::min(kPanel, outputs_ - panel * kPanel); ++c) {
        const float* from = weight + ((panel - first) * kPanel + c) * inputs_ + k;
        if (format_ == Format::kFloat32)
          for (std::int64_t i = 0; i < depth; ++i) static_cast<float*>(block)[i * kPanel + c] = from[i];
        else
          for (std::int64_t i = 0; i < depth; ++i)
            static_cast<std::uint16_t*>(block)[i * kPanel + c] = narrowed(from[i], format_);
      }
    }
  }
}

const void* PackedMatrix::block(std::int64_t begin, std::int64_t depth, std::int64_t panel) const {
  return numbers_.data() + (begin * panels() + panel * depth) * kPanel * bytes_of(format_);
}

TiledRows::TiledRows(std::int64_t rows, std::int64_t inputs)
    : rows_(rows), inputs_(inputs), numbers_(new float[static_cast<std::size_t>(rows * inputs)]) {}

void TiledRows::fill(const float* x, std::int64_t first, std::int64_t last) {
  for (std::int64_t tile = first; tile < last; ++tile) {
    const std::int64_t row = tile * kTileRows, count = std::min(kTileRows, rows_ - row);
    for (std::int64_t begin = 0; begin < inputs_; begin += block_depth(inputs_)) {
      const std::int64_t depth = std::min(block_depth(inputs_), inputs_ - begin);
      auto* to = const_cast<float*>(block(begin, depth, tile));
      const float* from = x + row * inputs_ + begin;
      for (std::int64_t k = 0; k < depth; ++k)
        for (std::int64_t r = 0; r < count; ++r) *to++ = from[r * inputs_ + k];
    }
  }
}

void multiply_part(const PackedProduct& p, std::int64_t part, std::int64_t parts) {
  const std::int64_t panels = p.weight.panels();
  multiply(p, {panels * part / parts, panels * (part + 1) / parts});
}

}  // namespace nn
