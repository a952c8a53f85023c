#include "backbones/tokenizer/truncation.h"

#include <fmt/format.h>

#include "harness/core/errors.h"

namespace tokenizer {

TruncationSide truncation_side_from(const std::string& name) {
  if (name == "right") return TruncationSide::kRight;
  if (name == "left") return TruncationSide::kLeft;
  throw core::UsageError(fmt::format("unknown truncation side '{}': expected right or left{}", name,
                                     core::did_you_mean(name, {"right", "left"})));
}

std::string to_string(TruncationSide side) { return side == TruncationSide::kRight ? "right" : "left"; }

}  // namespace tokenizer
