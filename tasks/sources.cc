// The `--sources` map: `{NAME: PATH}`, where NAME is a task, a Hub id (with or without its configuration) or
// `bigbench`.
#include <fmt/format.h>

#include <set>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"
#include "tasks/task.h"

namespace tasks {
namespace {

/// The names by which the tasks' data are looked for, as dataset.cc does.
std::set<std::string> mappable(const std::vector<TaskSpec>& specs) {
  std::set<std::string> names = {"bigbench"};
  for (const TaskSpec& spec : specs) {
    if (spec.data_kind == "local") continue;
    names.insert(spec.name);
    if (spec.data_kind != "hub") continue;
    names.insert(spec.data_id);
    if (!spec.data_config.empty()) names.insert(spec.data_id + "/" + spec.data_config);
  }
  return names;
}

}  // namespace

Sources Sources::from_file(const std::filesystem::path& file) {
  const core::Yaml map = core::Yaml::from_file(file);
  if (!map.is_map()) map.fail("expected a map from tasks or data sets to paths");
  Sources sources;
  for (const std::string& name : map.keys()) {
    const core::Yaml& value = map.at(name);
    const std::filesystem::path place = std::filesystem::absolute(file).parent_path() / value.string();
    if (!std::filesystem::exists(place)) value.fail(fmt::format("there is no {}", place.lexically_normal().string()));
    sources.places_[name] = place.lexically_normal();
    sources.entries_.push_back({value.file(), name, value.line()});
  }
  return sources;
}

std::filesystem::path Sources::find(const std::string& task, const std::string& data_id) const {
  for (const std::string& name : {task, data_id})
    if (const auto place = places_.find(name); !name.empty() && place != places_.end()) return place->second;
  return {};
}

void check_sources(const Sources& sources, const std::filesystem::path& home) {
  if (sources.entries().empty()) return;
  const std::vector<TaskSpec> specs = all_tasks(home);
  const std::set<std::string> known = mappable(specs);
  for (const auto& [file, name, line] : sources.entries()) {
    if (known.count(name)) continue;
    for (const TaskSpec& spec : specs)
      if (spec.name == name) throw core::ConfigError(file, line, name, "the rows of this task stand beside it");
    throw core::ConfigError(
        file, line, name, "no task or data set has this name" + core::did_you_mean(name, {known.begin(), known.end()}));
  }
}

}  // namespace tasks
