// Where the rows of a run's tasks came from, what became of them, and which of the run's models had them in training:
// for the report's table "Data" and its marks.
#pragma once

#include <vector>

#include "harness/run/prepare.h"
#include "reports/run_summary.h"

namespace run {

/// One record a task, in the order of the run.
std::vector<reports::TaskData> describe_data(const Prepared& prepared);

}  // namespace run
