// What a run cost: time, tokens and peak memory by stage, summed over batches and restarts. Apart from the report's
// body, because it differs from run to run.
#pragma once

#include <vector>

#include "harness/core/json.h"
#include "reports/table.h"

namespace reports {

/// `timings`: the lines of timings.jsonl (`stage`, `task`, `model`, `instances`, `seconds`, `tokens`, `peak_memory` in
/// bytes). One row per stage, task and model in the order of their first line, and the total. Throws std::runtime_error
/// that names the field.
Table circumstances_table(const std::vector<core::Json>& timings);

}  // namespace reports
