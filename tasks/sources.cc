// The `--sources` map: `{NAME: PATH}`, where NAME is a task, a Hub id (with or without its configuration) or
// `bigbench`.
#include <fmt/format.h>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"
#include "tasks/task.h"

namespace tasks {

Sources Sources::from_file(const std::filesystem::path& file) {
  const core::Yaml map = core::Yaml::from_file(file);
  if (!map.is_map()) map.fail("expected a map from tasks or data sets to paths");
  Sources sources;
  for (const std::string& name : map.keys()) {
    const core::Yaml& value = map.at(name);
    const std::filesystem::path place = std::filesystem::absolute(file).parent_path() / value.string();
    if (!std::filesystem::exists(place)) value.fail(fmt::format("there is no {}", place.lexically_normal().string()));
    sources.places_[name] = place.lexically_normal();
  }
  return sources;
}

std::filesystem::path Sources::find(const std::string& task, const std::string& data_id) const {
  for (const std::string& name : {task, data_id})
    if (const auto place = places_.find(name); !name.empty() && place != places_.end()) return place->second;
  return {};
}

}  // namespace tasks
