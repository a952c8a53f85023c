#include "tasks/mixture.h"

#include <stdexcept>

namespace tasks {

std::optional<MixtureCounts> mixture_counts(const TaskSpec& spec, std::int64_t templates) {
  if (templates < 1) throw std::invalid_argument("a mixture without templates");
  const auto pinned = spec.data.rows.find(spec.data.train_split);
  if (spec.data.train_split.empty() || pinned == spec.data.rows.end()) return std::nullopt;
  const bool capped = spec.mixture.cap > 0 && pinned->second > spec.mixture.cap;
  MixtureCounts counts;
  counts.rows = pinned->second;
  counts.examples_before = counts.rows * templates;
  counts.cap_per_template = capped ? spec.mixture.cap / templates : counts.rows;
  counts.examples_after = counts.cap_per_template * templates;
  return counts;
}

}  // namespace tasks
