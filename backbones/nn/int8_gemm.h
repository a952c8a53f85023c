// Products of rows with a matrix of 8-bit numbers: every output of W has a scale, every row of x gets one when it
// comes. Rows are quantised one by one, so that a row's bits never depend on its neighbours; sums are of whole numbers,
// exact. No torch here. Compiled twice, as row_kernels.h.
//
// The instruction that multiplies bytes takes unsigned by signed ones and saturates their pairwise sums at 16 bits.
// Both factors keep to -127 … 127 and the sign of x is moved to the weight, |x| * (sign(x) w): a pair is at most
// 32,258, so that nothing saturates and no bit of either factor is given up for it.
#pragma once

#include <cstdint>
#include <vector>

#include "backbones/nn/epilogue.h"
#include "backbones/nn/packed_numbers.h"

namespace nn {

inline constexpr std::int64_t kInt8Panel = 8;  // outputs side by side, and rows of x

/// W [N, K] in panels of 8 outputs, [panel][K / 4][8][4] bytes.
class Int8Matrix {
 public:
  Int8Matrix() = default;
  Int8Matrix(std::int64_t outputs, std::int64_t inputs);
  /// Fills panels `first` … `last` - 1 from the rows of W from panel `first` on, [.., K]: each output's greatest
  /// magnitude becomes 127.
  void pack(const float* weight, std::int64_t first, std::int64_t last);

  std::int64_t outputs() const { return outputs_; }
  std::int64_t inputs() const { return inputs_; }
  static std::int64_t panel_outputs() { return kInt8Panel; }
  std::int64_t panels() const { return (outputs_ + kInt8Panel - 1) / kInt8Panel; }
  std::int64_t quads() const { return (inputs_ + 3) / 4; }  // groups of four k
  const std::int8_t* panel(std::int64_t index) const;
  const float* scales() const { return scales_.data(); }  // [panels * 8]

 private:
  std::int64_t outputs_ = 0, inputs_ = 0;
  PackedNumbers numbers_;
  std::vector<float> scales_;
};

/// Rows of x in 8 bits, eight side by side, [M / 8][K / 4][8][4] bytes, and a scale a row.
class Int8Rows {
 public:
  Int8Rows(std::int64_t rows, std::int64_t inputs);
  /// Quantises tiles `first` … `last` - 1 of eight rows of x [M, K].
  void quantize(const float* x, std::int64_t first, std::int64_t last);

  std::int64_t rows() const { return rows_; }
  std::int64_t tiles() const { return (rows_ + kInt8Panel - 1) / kInt8Panel; }
  const std::int8_t* tile(std::int64_t index) const;
  float scale(std::int64_t row) const { return scales_[static_cast<std::size_t>(row)]; }

 private:
  std::int64_t rows_, inputs_;
  std::vector<std::int8_t> numbers_;
  std::vector<float> scales_;
};

/// y [M, N] = epilogue(x W^T).
struct Int8Product {
  const Int8Matrix& weight;
  const Int8Rows& x;
  float* y;
  Epilogue epilogue;
};
/// Computes one of `parts` independent parts.
void multiply_part(const Int8Product& product, std::int64_t part, std::int64_t parts);

}  // namespace nn
