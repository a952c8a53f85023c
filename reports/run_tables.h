// The tables of a run: Rouge-L (or another metric) of generation tasks and accuracy of classification tasks, one row
// per task, one column per method, the mean over tasks last (unweighted as the paper takes it, unless the run says
// otherwise); what was cut on the way; and where the rows came from.
#pragma once

#include <vector>

#include "reports/run_summary.h"
#include "reports/table.h"

namespace reports {

/// One table per backbone and kind of task. A task whose set a model of the table has seen in training has a dagger,
/// one whose rows nothing proves a double dagger; notes say which models and how means are taken. Values times 100 with
/// two decimals, "n/a" where a method cannot apply; the mean of a column with an "n/a" is "n/a" too. `n` is the number
/// of instances. Throws std::runtime_error where two rows claim one cell.
std::vector<Table> score_tables(const RunSummary& summary);

/// One row per task and backbone: instances, inputs cut, outputs at the length limit, scorer pairs cut, references too
/// long.
Table counters_table(const RunSummary& summary);

/// Where the rows of each task came from and what became of them; warnings are notes.
Table data_table(const RunSummary& summary);

/// All tasks and means in one table for programs: task, kind, backbone, metric, n, then a column per method, values
/// times 100 in full precision.
Table wide_table(const RunSummary& summary);

}  // namespace reports
