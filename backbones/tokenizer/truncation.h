// Which end of a text goes where it is longer than a model may read. The published scripts of Cappy cut on the right;
// lm-evaluation-harness cuts instructions on the left.
#pragma once

#include <string>

namespace tokenizer {

enum class TruncationSide { kRight, kLeft };

/// "right" or "left". Throws core::UsageError.
TruncationSide truncation_side_from(const std::string& name);
std::string to_string(TruncationSide side);

}  // namespace tokenizer
