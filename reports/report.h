// The report of a run as one page of Markdown and one table of CSV. Both depend on the run's results alone, never on
// time, machine or interruptions.
#pragma once

#include <string>

#include "reports/run_summary.h"

namespace reports {

/// The warning that opens the report and the printed tables where weights are random; empty where none are.
std::string random_weights_warning(const RunSummary& summary);
/// The score tables alone, as the run prints them.
std::string tables_text(const RunSummary& summary);
std::string report_markdown(const RunSummary& summary);
std::string report_csv(const RunSummary& summary);
/// The table "Data" as CSV.
std::string data_csv(const RunSummary& summary);

}  // namespace reports
