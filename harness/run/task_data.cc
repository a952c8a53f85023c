#include "harness/run/task_data.h"

#include <algorithm>
#include <set>

namespace run {
namespace {

/// The data set as its publisher calls it.
std::string source_of(const tasks::DataSpec& data) {
  const std::string config = data.config.empty() ? "" : " " + data.config;
  switch (data.kind) {
    case tasks::DataKind::kHub:
      return data.id + config;
    case tasks::DataKind::kBigbench:
      return "BIG-bench " + data.id;
    case tasks::DataKind::kLocal:
      return data.id.empty() ? "files of the task" : data.id;
    case tasks::DataKind::kAuthors:
      return "authors' " + data.id + config;
  }
  throw std::invalid_argument("an unknown kind of data");
}

std::int64_t count_templates(const std::vector<core::Instance>& instances) {
  std::set<std::string_view> names;
  for (const core::Instance& instance : instances) names.insert(instance.template_name);
  return static_cast<std::int64_t>(names.size());
}

std::vector<reports::SeenBy> seen_by(const tasks::Provenance& provenance, const Prepared& prepared) {
  std::vector<reports::SeenBy> seen;
  for (const auto* models : {&prepared.backbones, &prepared.scorers}) {
    for (const Model& model : *models) {
      const std::string& family = model.choice.family;
      if (std::ranges::find(provenance.seen_by, family) != provenance.seen_by.end()) {
        seen.push_back({model.choice.name, family});
      }
    }
  }
  return seen;
}

reports::TaskData describe(const tasks::LoadedTask& task, const Prepared& prepared) {
  reports::TaskData data;
  data.task = task.spec.name;
  data.source = source_of(task.spec.data);
  data.revision = task.spec.data.revision;
  data.origin = tasks::to_string(task.summary.origin);
  data.split = task.spec.data.test_split;
  data.rows = task.summary.rows;
  data.templates = count_templates(task.instances);
  data.instances = static_cast<std::int64_t>(task.instances.size());
  data.skipped = task.summary.skipped;
  data.unlabelled = task.summary.unlabelled;
  data.empty_references = task.summary.empty_references;
  data.cut_values = task.summary.cut_values;
  data.shots = task.spec.few_shot.k;
  data.unproven = task.spec.provenance.unproven;
  data.seen_by = seen_by(task.spec.provenance, prepared);
  data.warnings = task.summary.warnings;
  return data;
}

}  // namespace

std::vector<reports::TaskData> describe_data(const Prepared& prepared) {
  std::vector<reports::TaskData> all;
  for (const tasks::LoadedTask& task : prepared.tasks) all.push_back(describe(task, prepared));
  return all;
}

}  // namespace run
