#include "reports/circumstances.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace reports {
namespace {

struct StageCost {
  std::array<std::string, 3> name;  // stage, task, model
  std::int64_t instances = 0, tokens = 0, peak_memory = 0;
  double seconds = 0;

  void add(const StageCost& other) {
    instances += other.instances;
    tokens += other.tokens;
    seconds += other.seconds;
    peak_memory = std::max(peak_memory, other.peak_memory);
  }
};

StageCost cost_from(const core::Json& line) {
  return {{line.at("stage").as_string(), line.at("task").as_string(), line.at("model").as_string()},
          line.at("instances").as_integer(),
          line.at("tokens").as_integer(),
          line.at("peak_memory").as_integer(),
          line.at("seconds").as_double()};
}

void add_cost(Table& table, const StageCost& cost) {
  const double rate = cost.seconds > 0 ? static_cast<double>(cost.tokens) / cost.seconds : 0;
  add_row(table, {cost.name[0], cost.name[1], cost.name[2], std::to_string(cost.instances),
                  fmt::format("{:.2f}", cost.seconds), std::to_string(cost.tokens), fmt::format("{:.0f}", rate),
                  fmt::format("{:.0f}", static_cast<double>(cost.peak_memory) / (1 << 20))});
}

}  // namespace

Table circumstances_table(const std::vector<core::Json>& timings) {
  std::vector<StageCost> stages;
  StageCost sum{{"total", "", ""}};
  for (const core::Json& line : timings) {
    const StageCost cost = cost_from(line);
    sum.add(cost);
    auto stage =
        std::find_if(stages.begin(), stages.end(), [&](const StageCost& known) { return known.name == cost.name; });
    if (stage == stages.end()) {
      stages.push_back(cost);
    } else {
      stage->add(cost);
    }
  }
  Table table{"Time and memory",
              {"stage", "task", "model", "instances", "seconds", "tokens", "tokens/s", "peak memory, MiB"},
              {},
              {"Summed over batches and restarts; a stage that another run computed keeps the cost it had there. Peak "
               "memory is the "
               "whole process's."}};
  for (const StageCost& stage : stages) add_cost(table, stage);
  add_cost(table, sum);
  return table;
}

}  // namespace reports
