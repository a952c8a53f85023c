// A model folder written anew: the tensors that the network reads, under the names of the reference, in one
// model.safetensors, beside the configuration and the tokenizer as they were. One tensor is in memory at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbones/options.h"

namespace backbones {

struct Conversion {
  std::int64_t tensors = 0;
  std::vector<std::string> left_out;  // names of the tensors that the reference leaves unused, and of second copies
};

/// `weights`: rounds to float32, float16 or bfloat16; absent: as stored. Atomic; an existing `out` is an error. Throws
/// core::FileError, also where the model cannot be used or a number is not finite after rounding.
Conversion convert_model(const std::filesystem::path& folder, const std::filesystem::path& out,
                         std::optional<NumberFormat> weights);

}  // namespace backbones
