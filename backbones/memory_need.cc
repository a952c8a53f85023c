#include "backbones/memory_need.h"

#include <algorithm>
#include <stdexcept>

namespace backbones {
namespace {

constexpr std::int64_t kFloat = 4;

/// Bytes of one weight of a linear layer.
std::int64_t linear_bytes(const Precision& precision) {
  if (precision.dtype == NumberFormat::kInt8) return 1;
  if (precision.dtype == NumberFormat::kBfloat16) return 2;
  const NumberFormat kept = precision.weights.value_or(NumberFormat::kFloat32);
  return kept == NumberFormat::kFloat32 ? kFloat : 2;
}

/// Rows that are looked up, never multiplied.
bool is_table(const std::string& name) {
  for (const char* part : {"shared.weight", "embed_tokens", "embed_positions", "embeddings", "relative_attention_bias"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

std::int64_t numbers(const checkpoint::TensorShape& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

/// A matrix, with its scales where it is int8.
std::int64_t matrix_bytes(const checkpoint::TensorShape& tensor, const Precision& precision) {
  const std::int64_t scales = precision.dtype == NumberFormat::kInt8 ? tensor.shape.front() * kFloat : 0;
  return numbers(tensor) * linear_bytes(precision) + scales;
}

bool is_embedding(const std::string& name) {
  return name.ends_with("shared.weight") || name.ends_with("embed_tokens.weight");
}

}  // namespace

std::string to_string(Job job) {
  switch (job) {
    case Job::kGeneration:
      return "generation";
    case Job::kLogLikelihood:
      return "log-likelihood";
    case Job::kScoring:
      return "scoring";
  }
  throw std::logic_error("unknown job");
}

BatchExtent default_extent(Job job, const BatchBudget& budget) {
  BatchExtent extent{.tokens = budget.source_tokens, .cache_bytes = budget.cache_bytes};
  if (job == Job::kGeneration) extent.rows = budget.rows;
  if (job == Job::kLogLikelihood) extent.rows = budget.source_tokens;  // of responses, all tokens at once
  return extent;
}

std::int64_t weight_bytes(const std::vector<checkpoint::TensorShape>& tensors, Head head, const Precision& precision) {
  std::int64_t bytes = 0;
  for (const checkpoint::TensorShape& tensor : tensors) {
    const bool is_matrix = tensor.shape.size() == 2 && !is_table(tensor.name);
    bytes += is_matrix ? matrix_bytes(tensor, precision) : numbers(tensor) * kFloat;
    if (head == Head::kTied && is_embedding(tensor.name)) bytes += matrix_bytes(tensor, precision);
  }
  return bytes;
}

std::int64_t batch_bytes(const NetworkShape& shape, Job job, const BatchExtent& extent) {
  // Of one row in one layer: states and their norm and sum, queries, keys, values and what attention makes of them, the
  // feed-forward's inner vectors.
  const std::int64_t layer = 3 * shape.width + 4 * shape.attention_width + shape.inner_matrices * shape.inner_width;
  const std::int64_t activations = std::max(extent.tokens, extent.rows) * layer;
  if (job == Job::kScoring) return activations * kFloat;
  const std::int64_t kept = extent.tokens + extent.rows * (job == Job::kGeneration ? extent.max_length : 1);
  const std::int64_t caches = std::min(kept * cache_numbers(shape) * kFloat, extent.cache_bytes);
  // Logits, and their copy while they become log-likelihoods.
  const std::int64_t logits = 2 * extent.rows * shape.vocabulary;
  return caches + (activations + logits) * kFloat;
}

}  // namespace backbones
