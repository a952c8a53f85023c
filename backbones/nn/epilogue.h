// What follows a product of matrices, number by number, while it is still in registers.
#pragma once

#include <cstdint>

#include "backbones/nn/vector_lanes.h"

namespace nn {

enum class Activation { kNone, kRelu, kGelu };  // GELU: the exact one

/// In this order: bias, activation, residual.
struct Epilogue {
  const float* bias = nullptr;  // [N]
  Activation activation = Activation::kNone;
  const float* residual = nullptr;  // [M, N]; may be the product's own y
};

/// Eight neighbours of a row, of which `count` exist: `bias` and `residual` point at the first of them, or are null.
NN_INLINE Floats finish(Floats v, const Epilogue& epilogue, std::int64_t count) {
  if (epilogue.bias) v += load_part(epilogue.bias, count, 0);
  if (epilogue.activation == Activation::kGelu) v = gelu_lanes(v);
  if (epilogue.activation == Activation::kRelu) v = v > 0.0F ? v : Floats{};
  if (epilogue.residual) v += load_part(epilogue.residual, count, 0);
  return v;
}

/// The epilogue of what begins `at` numbers further in y, `column` further in a row.
NN_INLINE Epilogue shifted(Epilogue epilogue, std::int64_t at, std::int64_t column) {
  if (epilogue.bias) epilogue.bias += column;
  if (epilogue.residual) epilogue.residual += at;
  return epilogue;
}

}  // namespace nn
