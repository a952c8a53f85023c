// Attention of whole prompts: every token over itself and those before it. What follows a prompt, a row at a time, is
// row_attention over the pool that holds the prompt's keys (attention.h).
#pragma once

#include <torch/types.h>

#include <span>

#include "backbones/nn/attention.h"

namespace nn {

/// qkv [T, 3, H, K], the sequences of a packed batch, equal lengths together -> [T, H * K]. Scores unscaled. A
/// sequence's bits do not depend on those beside it.
at::Tensor causal_attention(const at::Tensor& qkv, std::span<const LengthGroup> groups);

}  // namespace nn
