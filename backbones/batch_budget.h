// What a network computes at once: enough rows to keep the processor busy, no more than memory holds. The results never
// depend on it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace backbones {

struct BatchBudget {
  std::int64_t source_tokens = 0;
  std::int64_t rows = 0;         // tokens that the decoder computes in one step
  std::int64_t cache_bytes = 0;  // of keys and values

  bool holds(const BatchBudget& cost) const {
    return cost.source_tokens <= source_tokens && cost.rows <= rows && cost.cache_bytes <= cache_bytes;
  }
  BatchBudget operator+(const BatchBudget& other) const {
    return {source_tokens + other.source_tokens, rows + other.rows, cache_bytes + other.cache_bytes};
  }
};

/// Of `batch_tokens` tokens at once; 0: by the memory that is free.
BatchBudget budget_of(std::int64_t batch_tokens);

/// Splits items, in order, into runs that the budget holds; an item alone always makes a run. Calls `run(begin, end)`.
template <class Cost, class Run>
void in_batches(std::size_t count, const BatchBudget& budget, const Cost& cost, const Run& run) {
  std::size_t begin = 0;
  BatchBudget held;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > begin && !budget.holds(held + cost(i))) {
      run(begin, i);
      begin = i;
      held = {};
    }
    held = held + cost(i);
  }
  if (begin < count) run(begin, count);
}

}  // namespace backbones
