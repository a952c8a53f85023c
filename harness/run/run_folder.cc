#include "harness/run/run_folder.h"

#include "harness/core/files.h"
#include "reports/circumstances.h"
#include "reports/markdown.h"
#include "reports/report.h"

namespace run {

void write_results(const std::filesystem::path& folder, const RunFiles& files) {
  core::write_file(folder / "config.yaml", files.config);
  core::write_file(folder / "inputs.json", core::write_json_pretty(files.inputs));
  for (const auto& [name, lines] : files.instances) core::write_file(folder / "instances" / name, lines);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "instances")) {
    if (!files.instances.contains(entry.path().filename().string())) std::filesystem::remove(entry.path());
  }
  core::write_file(folder / "summary.json", reports::summary_json(files.summary));
  core::write_file(folder / "results.jsonl", reports::results_jsonl(files.summary));
  core::write_file(folder / "templates.jsonl", reports::templates_jsonl(files.summary));
  core::write_file(folder / "counters.jsonl", reports::counters_jsonl(files.summary));
  core::write_file(folder / "data.jsonl", reports::data_jsonl(files.summary));
  core::write_file(folder / "data.csv", reports::data_csv(files.summary));
  core::write_file(folder / "report.csv", reports::report_csv(files.summary));
  core::write_file(folder / "report.md", reports::report_markdown(files.summary));
}

void write_circumstances(const std::filesystem::path& folder, const core::Json& environment,
                         const std::vector<core::Json>& timings) {
  std::string lines;
  for (const core::Json& timing : timings) lines += core::write_json(timing) + "\n";
  core::write_file(folder / "timings.jsonl", lines);
  core::write_file(folder / "environment.json", core::write_json_pretty(environment));
  core::write_file(folder / "report_circumstances.md", reports::to_markdown(reports::circumstances_table(timings)));
}

}  // namespace run
