// One decoding of one instruction in flight. A search owns a few rows of the batch: each step it reads their logits and
// says which rows go on, with which token. It sees nothing of the other searches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/decoding/sequence.h"

namespace decoding {

/// The logits of a search's rows, [rows, V], contiguous; the search may write into them.
struct LogitRows {
  float* values;
  std::int64_t rows;
  std::int64_t vocabulary;
  std::span<float> row(std::int64_t index) const {
    return {values + index * vocabulary, static_cast<std::size_t>(vocabulary)};
  }
};

/// A row of the next step: it continues row `row` of this step (counted within the search) by `token`.
struct Continuation {
  std::int64_t row;
  std::int32_t token;
};

class Search {
 public:
  virtual ~Search() = default;
  /// Reads one step; the rows of the next one, none where the search has finished.
  virtual std::vector<Continuation> advance(const LogitRows& logits) = 0;
  /// What it found, best first; `decoding` and `draw` are left to the caller.
  virtual std::vector<Sequence> sequences() const = 0;
};

}  // namespace decoding
