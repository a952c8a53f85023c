#include "harness/cli/model_hub.h"

#include <fmt/format.h>

#include "harness/core/errors.h"

namespace cli {
namespace {

hub::Repository repository_of(const std::string& name) {
  try {
    return hub::model_repository(name);
  } catch (const core::ConfigError&) {
    throw core::UsageError(fmt::format(
        "--model {}: there is no such folder, and it is no id of the Hub (ORG/NAME or ORG/NAME@REVISION)", name));
  }
}

}  // namespace

hub::ModelFolder ModelHub::find(const std::string& name, hub::ModelPart part) {
  if (std::filesystem::is_directory(name)) return {.folder = name};
  const hub::Repository repository = repository_of(name);
  try {
    return fetch(repository, part);
  } catch (const hub::HubError& error) {
    throw hub::HubError(error.failure(),
                        fmt::format("--model {}: there is no such folder; on the Hub: {}", name, error.what()));
  }
}

hub::ModelFolder ModelHub::fetch(const hub::Repository& repository, hub::ModelPart part) {
  if (!hub_) hub_.emplace(hub::Settings::from_environment(), progress_.as_say(), progress_.as_watch());
  hub::ModelFolder found = hub::fetch_model(*hub_, repository, part);
  progress_.say(fmt::format("{} at commit {}", to_string(repository), found.commit));
  return found;
}

}  // namespace cli
