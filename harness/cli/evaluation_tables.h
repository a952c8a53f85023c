// What `cappy evaluate` prints: means as Markdown for people, as JSON Lines for programs. The last row is the
// unweighted mean over tasks.
#pragma once

#include <string>

#include "harness/metrics/choice_accuracy.h"
#include "harness/metrics/task_means.h"

namespace cli {

/// One row a method, for lines of one task.
std::string method_table(const metrics::TaskMeans& means);
/// One row a task, one column a method; times 100, four decimals.
std::string task_table(const metrics::TaskMeans& means);
std::string accuracy_table(const metrics::ChoiceAccuracy& choices);

/// Result rows (core::ResultRow), one a line, fractions in full precision; those of the mean also have `tasks`, their
/// number.
std::string mean_json_lines(const metrics::TaskMeans& means);
/// The same with `unlabelled` and `one_choice`, numbers of questions.
std::string accuracy_json_lines(const metrics::ChoiceAccuracy& choices);

}  // namespace cli
