// The tables of a run: Rouge-L of generation tasks and accuracy of classification tasks, one row per task, one column
// per method, the unweighted mean over tasks last (as the paper takes it); and what was cut on the way.
#pragma once

#include <vector>

#include "reports/run_summary.h"
#include "reports/table.h"

namespace reports {

/// One table per backbone and kind of task. Values times 100 with two decimals, "n/a" where a method cannot apply; the
/// mean of a column with an "n/a" is "n/a" too. `n` is the number of instances. Throws std::runtime_error
/// where two rows claim one cell.
std::vector<Table> score_tables(const RunSummary& summary);

/// One row per task and backbone: instances, inputs cut, outputs at the length limit, scorer pairs cut, references too
/// long.
Table counters_table(const RunSummary& summary);

/// All tasks and means in one table for programs: task, kind, backbone, metric, n, then a column per method, values
/// times 100 in full precision.
Table wide_table(const RunSummary& summary);

}  // namespace reports
