// T0's training mixture (Sanh et al., ICLR 2022): a set with more rows than the cap gives each of its templates
// cap / (number of templates) examples, a smaller one all its rows. Counted from the pinned numbers of rows.
#pragma once

#include <cstdint>
#include <optional>

#include "tasks/task_spec.h"

namespace tasks {

struct MixtureCounts {
  std::int64_t rows = 0;              // of the training split
  std::int64_t examples_before = 0;   // rows under every template
  std::int64_t cap_per_template = 0;  // examples that a template gives
  std::int64_t examples_after = 0;
};

/// Nothing where the task pins no rows of its training split. `templates` is positive.
std::optional<MixtureCounts> mixture_counts(const TaskSpec& spec, std::int64_t templates);

}  // namespace tasks
