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

/// W [N, K] in panels of 16 outputs, [panel][K / 4][16][4] bytes.
class Int8Matrix {
 public:
  Int8Matrix() = default;
  Int8Matrix(std::int64_t outputs, std::int64_t inputs);
  /// Fills panels `first` … `last` - 1 from `weight` [N, K], row-major: each output's greatest magnitude becomes 127.
  void pack(const float* weight, std::int64_t first, std::int64_t last);

  std::int64_t outputs() const { return outputs_; }
  std::int64_t inputs() const { return inputs_; }
  std::int64_t panels() const { return (outputs_ + 15) / 16; }
  std::int64_t quads() const { return (inputs_ + 3) / 4; }  // groups of four k
  const std::int8_t* panel(std::int64_t index) const;
  const float* scales() const { return scales_.data(); }  // [panels * 16]

 private:
  std::int64_t outputs_ = 0, inputs_ = 0;
  PackedNumbers numbers_;
  std::vector<float> scales_;
};

/// Rows of x in 8 bits: [M, quads * 4] and a scale a row.
struct Int8Rows {
  std::vector<std::int8_t> numbers;
  std::vector<float> scales;
};
/// Quantises rows `first` … `last` - 1 of x [M, K] into `to`, which has room for all rows.
void quantize_rows(const float* x, std::int64_t inputs, std::int64_t first, std::int64_t last, Int8Rows& to);

/// y [M, N] = epilogue(x W^T).
struct Int8Product {
  const Int8Matrix& weight;
  const Int8Rows& x;
  std::int64_t rows;
  float* y;
  Epilogue epilogue;
};
/// Computes one of `parts` independent parts.
void multiply_part(const Int8Product& product, std::int64_t part, std::int64_t parts);

}  // namespace nn
