// What decoding returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/core/records.h"

namespace decoding {

/// One generated sequence.
struct Sequence {
  std::vector<std::int32_t> ids;  // no decoder start, no padding, the end of sequence if it came
  double log_likelihood = 0;      // nats, sum over ids under the model's own distribution
  core::End end = core::End::kEos;
  std::size_t decoding = 0;  // index into GenerationOptions::decodings
  std::int64_t draw = 0;     // 0-based within the decoding
};

}  // namespace decoding
