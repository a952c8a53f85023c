// `cappy report RUN_DIR`: the report of a run made again from its result rows; needs no model and no instance.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "harness/cli/options.h"
#include "harness/core/errors.h"
#include "reports/report.h"

namespace cli {

int run_report(const Words& words) {
  VerbSyntax syntax;
  syntax.verb = "report";
  syntax.usage = "[--csv] RUN_DIR > report.md";
  syntax.own.add_options()("csv", po::bool_switch(), "comma-separated values instead of Markdown");
  syntax.hidden.add_options()("folder", po::value<Words>());
  syntax.positional.add("folder", -1);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const Words folders = values.count("folder") ? values["folder"].as<Words>() : Words{};
  if (folders.size() != 1) {
    throw core::UsageError(
        fmt::format("cappy report: expected one run folder, got {}; see cappy report --help", folders.size()));
  }
  const reports::RunSummary summary = reports::read_run(folders[0]);
  std::cout << (values["csv"].as<bool>() ? reports::report_csv(summary) : reports::report_markdown(summary));
  return 0;
}

}  // namespace cli
