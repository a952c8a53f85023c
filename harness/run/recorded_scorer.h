// Scores that some scorer gave before as a scorer: lines with `instruction`, `response` and `score`, as `cappy score`
// writes them.
#pragma once

#include <memory>

#include "cappy/scorer.h"
#include "harness/run/external_models.h"

namespace run {

/// Reads the files once. Throws core::FileError with the number of a bad line. `score` throws core::FileError: of how
/// many pairs there is no record, and which come first; two records of a pair with different scores.
std::unique_ptr<cappy::Scorer> open_recorded_scorer(const RecordedChoice& recorded);

}  // namespace run
