#include "harness/cli/pull_plan.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"
#include "harness/hub/model_files.h"
#include "tasks/hub_files.h"
#include "tasks/library.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

/// Paths that match a shell pattern; "*" matches "/" too, as in the Hub's own tools.
Paths matching(const Paths& listing, const Paths& patterns) {
  Paths chosen;
  for (const std::string& path : listing)
    for (const std::string& pattern : patterns)
      if (::fnmatch(pattern.c_str(), path.c_str(), 0) == 0) {
        chosen.push_back(path);
        break;
      }
  return chosen;
}

bool is_yaml(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

/// Makes the plan, name by name.
class Planner {
 public:
  explicit Planner(const PullOptions& options) : options_(options) {}

  void add(const std::string& name) {
    if (is_yaml(name)) return add_file(name);
    if (name.find('/') != std::string::npos) return add_hub_id(name);
    const Paths known = task_names();
    if (std::find(known.begin(), known.end(), name) != known.end()) return add_tasks({name});
    add_hub_id(name);
    plan_.items.back().hint = core::did_you_mean(name, known);
  }
  PullPlan plan() && { return std::move(plan_); }

 private:
  /// Read only where a name may be a task's.
  tasks::Library& library() {
    if (!library_) library_ = tasks::Library::from_folders(options_.task_folders);
    return *library_;
  }

  Paths task_names() {
    Paths names;
    for (const tasks::TaskSpec& spec : library().tasks()) names.push_back(spec.name);
    for (const tasks::Group& group : library().groups()) names.push_back(group.name);
    return names;
  }

  void add_hub_id(const std::string& name) {
    PullItem item;
    item.what = name;
    hub::Repository repository{.kind = options_.kind.value_or(hub::RepositoryKind::kModel), .id = name};
    const auto strip_prefix = [&](std::string_view prefix, hub::RepositoryKind kind) {
      if (!name.starts_with(prefix)) return false;
      repository.kind = kind;
      repository.id = name.substr(prefix.size());
      return true;
    };
    const bool told = strip_prefix("datasets/", hub::RepositoryKind::kDataset) ||
                      strip_prefix("models/", hub::RepositoryKind::kModel);
    item.may_be_dataset = !told && !options_.kind;
    if (!options_.revision.empty()) repository.revision = options_.revision;
    hub::check(repository);
    item.repositories = {repository};
    item.choose = [include = options_.include](const Paths& listing, hub::RepositoryKind kind) {
      if (!include.empty()) return matching(listing, include);
      return kind == hub::RepositoryKind::kModel ? hub::files_of_model(listing) : listing;
    };
    plan_.items.push_back(std::move(item));
  }

  void add_file(const std::string& name) {
    const core::Yaml file = core::Yaml::from_file(name);
    if (!file.is_map() || !file.find("experiment")) return add_tasks({library().add_file(name)});
    if (const core::Yaml* names = file.find("tasks")) add_tasks(names->strings());
    for (const char* key : {"backbones", "scorers"})
      if (const core::Yaml* models = file.find(key))
        for (const core::Yaml& model : models->items()) add_model(model, fs::path(name).parent_path());
  }

  /// `model: ORG/NAME` of an experiment, where it is no folder that is there.
  void add_model(const core::Yaml& entry, const fs::path& folder) {
    const core::Yaml* model = entry.is_map() ? entry.find("model") : nullptr;
    if (!model || fs::is_directory(folder / model->string())) return;
    hub::Repository repository{.id = model->string(), .revision = entry.string_or("revision", "main")};
    try {
      hub::check(repository);
    } catch (const core::ConfigError&) {
      model->fail(
          fmt::format("there is no folder {}, and it is no id of the Hub", (folder / model->string()).string()));
    }
    PullItem item;
    item.what = fmt::format("{} ({}:{})", model->string(), model->file(), model->line());
    item.repositories = {repository};
    item.choose = [](const Paths& listing, hub::RepositoryKind) { return hub::files_of_model(listing); };
    plan_.items.push_back(std::move(item));
  }

  void add_tasks(const std::vector<std::string>& names) {
    for (const tasks::TaskSpec& spec : library().select(names)) add_task(spec);
  }

  /// The measured split, and the one for training where the task has it.
  void add_task(const tasks::TaskSpec& spec) {
    const std::vector<tasks::HubRequest> requests = tasks::hub_requests(spec);
    if (requests.empty()) return plan_.elsewhere.push_back(spec.name);
    for (const std::string& split : {spec.data.test_split, spec.data.train_split}) {
      if (split.empty()) continue;
      PullItem item;
      item.what = fmt::format("task {}, split {}", spec.name, split);
      for (const tasks::HubRequest& request : requests)
        item.repositories.push_back(
            {.kind = hub::RepositoryKind::kDataset, .id = request.id, .revision = request.revision});
      item.choose = [spec, split](const Paths& listing, hub::RepositoryKind) {
        return tasks::files_of_split(listing, spec, split);
      };
      plan_.items.push_back(std::move(item));
    }
  }

  const PullOptions& options_;
  std::optional<tasks::Library> library_;
  PullPlan plan_;
};

}  // namespace

PullPlan pull_names(const std::vector<std::string>& names, const PullOptions& options) {
  Planner planner(options);
  for (const std::string& name : names) planner.add(name);
  return std::move(planner).plan();
}

}  // namespace cli
