// How much memory a job needs, before anybody starts it. The one formula of the project:
//
//   peak = 1.15 x weights + 200 MB + batch
//
// weights: matrices of linear layers at the precision they are kept in, everything else (embeddings, norms, biases) in
//   float32; a tied head is packed beside the embedding that it shares its numbers with. 15 % are the layer that is
//   being packed and the padding of odd shapes, 200 MB the program and its libraries.
// batch: what the default batch (batch_budget.h) holds at most: caches of keys and values, the activations of one
//   layer, the logits of one step. A smaller --batch-tokens needs less, a longer --max-length more.
//
// tests/e2e/models.py compares it with measured peaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbones/batch_budget.h"
#include "backbones/checkpoint/checkpoint.h"
#include "backbones/options.h"
#include "backbones/work.h"

namespace backbones {

enum class Job { kGeneration, kLogLikelihood, kScoring };
std::string to_string(Job job);

/// How weights are kept and computed with: --dtype and --weights.
struct Precision {
  NumberFormat dtype = NumberFormat::kFloat32;
  std::optional<NumberFormat> weights = {};
};

struct MemoryNeed {
  std::int64_t weights = 0;  // bytes, as all below
  std::int64_t batch = 0;
  std::int64_t peak() const { return weights + weights * 15 / 100 + 200'000'000 + batch; }
};

/// What is computed at once.
struct BatchExtent {
  std::int64_t tokens = 4096;    // of sources, or of a scorer's pairs
  std::int64_t rows = 0;         // of the decoder in one step
  std::int64_t max_length = 64;  // tokens of an output
  std::int64_t cache_bytes = 0;  // that keys and values may take at most
};
/// The extent by default: `budget` is what budget_of(0) gives.
BatchExtent default_extent(Job job, const BatchBudget& budget);

/// Bytes of the weights. `tensors`: what the network reads; `tied_head`: the embedding is also the head.
enum class Head { kNone, kTied, kOwn };
std::int64_t weight_bytes(const std::vector<checkpoint::TensorShape>& tensors, Head head, const Precision& precision);
/// Bytes of a batch of that extent.
std::int64_t batch_bytes(const NetworkShape& shape, Job job, const BatchExtent& extent);

}  // namespace backbones
