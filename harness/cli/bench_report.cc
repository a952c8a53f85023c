#include "harness/cli/bench_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/json.h"
#include "reports/markdown.h"

namespace cli {
namespace {

/// Three significant digits.
std::string number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return value < 1 ? fmt::format("{:.3g}", value)
                   : fmt::format("{:.{}f}", value,
                                 value >= 100  ? 0
                                 : value >= 10 ? 1
                                               : 2);
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::vector<std::string> cells(const JobResult& result, const MachineRoof& roof) {
  const double seconds = result.median();
  const auto rate = [&](double count) { return number(count / seconds); };
  const double gflops = result.pass.work.flops / seconds / 1e9, gbytes = result.pass.work.bytes / seconds / 1e9;
  const bool network = result.job != BenchJob::kTokenize;
  const auto [least, most] = std::ranges::minmax(result.seconds);
  return {to_string(result.job),
          std::to_string(result.pass.items),
          std::to_string(result.pass.tokens),
          number(seconds),
          fmt::format("{} to {} ({})", number(least), number(most), result.seconds.size()),
          rate(static_cast<double>(result.pass.items)),
          rate(static_cast<double>(result.pass.tokens)),
          network ? number(gflops) : "",
          network ? percent(gflops / roof.gflops()) : "",
          number(gbytes),
          network && roof.read_gbytes > 0 ? percent(gbytes / roof.read_gbytes) : "",
          number(static_cast<double>(result.pass.cost.peak_memory) / 1e6),
          percent(result.others)};
}

core::Json json_of(const JobResult& result, const MachineRoof& roof) {
  const double seconds = result.median();
  const double gflops = result.pass.work.flops / seconds / 1e9, gbytes = result.pass.work.bytes / seconds / 1e9;
  return core::Json::Object{{"job", to_string(result.job)},
                            {"items", result.pass.items},
                            {"tokens", result.pass.tokens},
                            {"flops", result.pass.work.flops},
                            {"bytes", result.pass.work.bytes},
                            {"seconds", core::Json::Array(result.seconds.begin(), result.seconds.end())},
                            {"median_seconds", seconds},
                            {"items_per_second", static_cast<double>(result.pass.items) / seconds},
                            {"tokens_per_second", static_cast<double>(result.pass.tokens) / seconds},
                            {"gflops", gflops},
                            {"share_of_roof", gflops / roof.gflops()},
                            {"share_of_read", roof.read_gbytes > 0 ? core::Json(gbytes / roof.read_gbytes) : nullptr},
                            {"peak_memory", result.pass.cost.peak_memory},
                            {"others", result.others}};
}

core::Json machine_json(const BenchResult& result) {
  return core::Json::Object{{"product_gflops", result.roof.product_gflops},
                            {"linear_gflops", result.roof.linear_gflops},
                            {"read_gbytes", result.roof.read_gbytes},
                            {"idle_before", result.idle_before},
                            {"idle_after", result.idle_after}};
}

}  // namespace

double JobResult::median() const {
  std::vector<double> sorted = seconds;
  std::ranges::sort(sorted);
  return (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
}

std::string bench_text(const BenchResult& result) {
  const backbones::ModelOptions& model = result.model;
  reports::Table table;
  table.columns = {"job",     "items",   "tokens", "median s", "s (passes)", "items/s", "tokens/s",
                   "GFLOP/s", "of roof", "GB/s",   "of read",  "peak MB",    "others"};
  for (const JobResult& job : result.jobs) reports::add_row(table, cells(job, result.roof));
  return fmt::format(
      "{} ({}), arithmetic {}, weights {}, {}, {} threads\n"
      "Roof: {} GFLOP/s (product of 2048 x 2048 in float32 {}, own layer of 512 rows in {} {}); memory {} GB/s read\n"
      "Idle: {} before, {} after\n\n{}\n"
      "GFLOP/s and GB/s of the least work: every source read once, every weight read once a step; of tokenize, bytes "
      "of "
      "text.\nTexts are tokenised within the time. others: share of the machine that other programs used meanwhile.\n",
      model.folder.string(), result.family, to_string(model.dtype),
      model.weights ? to_string(*model.weights) : "as stored", model.device, result.threads,
      number(result.roof.gflops()), number(result.roof.product_gflops), to_string(model.dtype),
      number(result.roof.linear_gflops), number(result.roof.read_gbytes), percent(result.idle_before),
      percent(result.idle_after), reports::to_markdown(table));
}

std::string bench_json(const BenchResult& result) {
  const backbones::ModelOptions& model = result.model;
  core::Json::Array jobs;
  for (const JobResult& job : result.jobs) {
    core::Json line = json_of(job, result.roof);
    jobs.push_back(std::move(line));
  }
  return core::write_json_pretty(
      core::Json::Object{{"model", model.folder.string()},
                         {"family", result.family},
                         {"dtype", to_string(model.dtype)},
                         {"weights", model.weights ? core::Json(to_string(*model.weights)) : nullptr},
                         {"device", model.device},
                         {"threads", result.threads},
                         {"machine", machine_json(result)},
                         {"jobs", std::move(jobs)}});
}

}  // namespace cli
