// Products of rows with a matrix that was packed once: y = x W^T and what follows it, number by number. A row's bits
// are a function of the row and of the matrix: every number is one sum over k in rising order, cut only at multiples of
// the depth of a block, whatever the number of rows, the tile that the row falls into, or the thread. No torch here:
// pointers and sizes; the callers split a product into parts for their threads. Compiled twice, as row_kernels.h.
//
// W lies in panels of 16 outputs, [depth block][panel][k][16]: a product streams it from front to back. A panel's block
// stays in the first cache while all rows pass, six at a time, whose 6 x 16 sums fill the registers of AVX2. Weights of
// 16 bits are widened block by block on their way into that cache: half the memory and its traffic, the same sums.
#pragma once

#include <cstdint>
#include <memory>

#include "backbones/nn/epilogue.h"
#include "backbones/nn/packed_numbers.h"

namespace nn {

inline constexpr std::int64_t kPanel = 16;       // outputs side by side
inline constexpr std::int64_t kMostDepth = 352;  // k of one block: 22 KB of a panel in float32

/// The k of every block but perhaps the last of a matrix with that many inputs: blocks of about equal depth.
constexpr std::int64_t block_depth(std::int64_t inputs) {
  const std::int64_t blocks = (inputs + kMostDepth - 1) / kMostDepth;
  return blocks == 0 ? kMostDepth : ((inputs + blocks - 1) / blocks + 7) / 8 * 8;
}

/// W [N, K], kept in one of three formats.
class PackedMatrix {
 public:
  enum class Format { kFloat32, kFloat16, kBfloat16 };

  PackedMatrix() = default;
  PackedMatrix(std::int64_t outputs, std::int64_t inputs, Format format);
  /// Fills panels `first` … `last` - 1 from the rows of W from panel `first` on, [.., K]; rounds to the nearest even.
  void pack(const float* weight, std::int64_t first, std::int64_t last);

  std::int64_t outputs() const { return outputs_; }
  std::int64_t inputs() const { return inputs_; }
  static std::int64_t panel_outputs() { return kPanel; }
  std::int64_t panels() const { return (outputs_ + kPanel - 1) / kPanel; }
  Format format() const { return format_; }
  std::int64_t depth() const { return block_depth(inputs_); }
  /// Where the block of a panel begins that holds `depth` k from `begin` on: [depth][16] numbers of the format.
  const void* block(std::int64_t begin, std::int64_t depth, std::int64_t panel) const;

 private:
  std::int64_t outputs_ = 0, inputs_ = 0;
  Format format_ = Format::kFloat32;
  PackedNumbers numbers_;
};

inline constexpr std::int64_t kTileRows = 6;

/// Rows of x [M, K] as tiles of six read them, [depth block][tile][k][rows of the tile].
class TiledRows {
 public:
  TiledRows(std::int64_t rows, std::int64_t inputs);
  /// Fills tiles `first` … `last` - 1 from x [M, K].
  void fill(const float* x, std::int64_t first, std::int64_t last);

  std::int64_t rows() const { return rows_; }
  std::int64_t tiles() const { return (rows_ + kTileRows - 1) / kTileRows; }
  /// Where the block of a tile begins that holds `depth` k from `begin` on.
  const float* block(std::int64_t begin, std::int64_t depth, std::int64_t tile) const {
    return numbers_.get() + begin * rows_ + tile * kTileRows * depth;
  }

 private:
  std::int64_t rows_, inputs_;
  std::unique_ptr<float[]> numbers_;
};

/// y [M, N] = epilogue(x W^T).
struct PackedProduct {
  const PackedMatrix& weight;
  const TiledRows& x;
  float* y;
  Epilogue epilogue;
};
/// Computes one of `parts` independent parts: a share of the outputs.
void multiply_part(const PackedProduct& product, std::int64_t part, std::int64_t parts);

}  // namespace nn
