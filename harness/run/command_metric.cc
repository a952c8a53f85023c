#include "harness/run/command_metric.h"

namespace run {

using core::Json;

CommandMetric::CommandMetric(std::string name, const backbones::CommandOptions& options)
    : name_(std::move(name)), lines_(options) {}

std::vector<double> CommandMetric::measure(std::span<const ResponseReferences> pairs) {
  std::vector<Json::Object> questions;
  for (const ResponseReferences& pair : pairs) {
    questions.push_back({{"response", pair.response},
                         {"references", Json(Json::Array(pair.references.begin(), pair.references.end()))}});
  }
  return lines_.ask<double>(questions, {name_},
                            [&](std::size_t, const backbones::Answer& answer) { return answer.number(name_); });
}

}  // namespace run
