#include "tasks/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/task_keys.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;
using core::ConfigError;

bool is_task_file(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

std::vector<fs::path> files_of(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw core::FileError(folder.string(), "is no folder of task files");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && is_task_file(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Group read_group(const core::Yaml& yaml, const fs::path& file) {
  core::check(yaml, group_keys());
  Group group;
  group.name = yaml.at("group").string();
  if (!core::is_name(group.name))
    yaml.at("group").fail(fmt::format("'{}' is no name: {}", group.name, core::kNameRule));
  group.description = yaml.string_or("description", "");
  group.members = yaml.at("tasks").strings();
  group.file = file;
  std::set<std::string> seen;
  for (const core::Yaml& member : yaml.at("tasks").items())
    if (!seen.insert(member.string()).second) member.fail(fmt::format("'{}' a second time", member.string()));
  return group;
}

/// Members of every group; those that tasks name themselves come first, in the order of the tasks' names.
std::vector<Group> join_groups(const std::vector<TaskSpec>& tasks, std::vector<Group> written) {
  std::map<std::string, Group> groups;
  for (const TaskSpec& task : tasks) {
    for (const std::string& name : task.groups) {
      groups[name].name = name;
      groups[name].members.push_back(task.name);
    }
  }
  for (Group& group : written) {
    Group& joined = groups[group.name];
    const std::vector<std::string> own = std::move(joined.members);
    joined = std::move(group);
    for (const std::string& member : own)
      if (std::find(joined.members.begin(), joined.members.end(), member) == joined.members.end())
        joined.members.push_back(member);
  }
  std::vector<Group> list;
  for (auto& [name, group] : groups) list.push_back(std::move(group));
  return list;
}

template <class Item>
const Item* find_named(const std::vector<Item>& items, const std::string& name) {
  const auto place = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return place == items.end() ? nullptr : &*place;
}

std::vector<std::string> selectable(const Library& library) {
  std::vector<std::string> names;
  for (const TaskSpec& task : library.tasks()) names.push_back(task.name);
  for (const Group& group : library.groups()) names.push_back(group.name);
  return names;
}

/// The line of a group's member in its file.
core::ConfigError at_member(const Group& group, const std::string& member, const std::string& message) {
  const core::Yaml yaml = core::Yaml::from_file(group.file);
  for (const core::Yaml& item : yaml.at("tasks").items())
    if (item.string() == member) return ConfigError(item.file(), item.line(), item.key(), message);
  return ConfigError(group.file.string(), 0, "tasks", message);
}

/// Walks the groups below one; `path` are the groups above.
void check_members(const Library& library, const Group& group, std::vector<std::string>& path) {
  path.push_back(group.name);
  for (const std::string& member : group.members) {
    if (find_named(library.tasks(), member) != nullptr) continue;
    const Group* below = find_named(library.groups(), member);
    if (below == nullptr)
      throw at_member(group, member,
                      fmt::format("no task or group '{}'{}", member, core::did_you_mean(member, selectable(library))));
    if (std::find(path.begin(), path.end(), member) != path.end())
      throw at_member(
          group, member,
          fmt::format("the groups stand in a circle: {} -> {}; remove one", core::join(path, " -> "), member));
    check_members(library, *below, path);
  }
  path.pop_back();
}

void add_tasks(const Library& library, const std::string& name, std::vector<TaskSpec>& selected,
               std::set<std::string>& taken) {
  if (const TaskSpec* task = find_named(library.tasks(), name)) {
    if (taken.insert(name).second) selected.push_back(*task);
    return;
  }
  const Group* group = find_named(library.groups(), name);
  if (group == nullptr)
    throw ConfigError(fmt::format("no task or group '{}'{}", name, core::did_you_mean(name, selectable(library))));
  for (const std::string& member : group->members) add_tasks(library, member, selected, taken);
}

/// A task may not name a group by the name of a task.
void check_group_names(const std::vector<TaskSpec>& tasks) {
  for (const TaskSpec& task : tasks) {
    for (const std::string& group : task.groups) {
      if (find_named(tasks, group) == nullptr) continue;
      const core::Yaml yaml = core::Yaml::from_file(task.file);
      yaml.at("group").fail(fmt::format("'{}' is the name of a task", group));
    }
  }
}

bool is_under(const fs::path& folder, const fs::path& file) {
  const auto relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

/// A task of another folder may not join a group of the installation: the group's means would change without a word.
void check_shipped_groups(const fs::path& shipped, const std::vector<TaskSpec>& tasks,
                          const std::vector<Group>& written) {
  std::set<std::string> names;
  for (const TaskSpec& task : tasks)
    if (is_under(shipped, task.file)) names.insert(task.groups.begin(), task.groups.end());
  for (const Group& group : written)
    if (is_under(shipped, group.file)) names.insert(group.name);
  for (const TaskSpec& task : tasks) {
    if (is_under(shipped, task.file)) continue;
    for (const std::string& group : task.groups)
      if (names.contains(group))
        core::Yaml::from_file(task.file).at("group").fail(fmt::format(
            "'{}' is a group of the installation, whose means would change: take another name, or list both "
            "in a group file of yours",
            group));
  }
}

/// The names by which the tasks' data are looked for, as places.cc does.
std::set<std::string> mappable(const std::vector<TaskSpec>& specs) {
  std::set<std::string> names = {"bigbench"};
  for (const TaskSpec& spec : specs) {
    const DataSpec& data = spec.data;
    if (data.kind == DataKind::kLocal) continue;
    names.insert(spec.name);
    if (data.kind == DataKind::kAuthors) names.insert(authors_source(data.id));
    if (data.kind != DataKind::kHub) continue;
    names.insert(data.id);
    if (!data.config.empty()) names.insert(data.id + "/" + data.config);
  }
  return names;
}

}  // namespace

void Library::take_name(const core::Yaml& name) {
  const auto [place, is_new] = names_.try_emplace(name.string(), Named{name.file(), name.line()});
  if (!is_new)
    name.fail(fmt::format("'{}' is the name of {}:{} already; take another", name.string(), place->second.file,
                          place->second.line));
}

std::string Library::add(const fs::path& file) {
  const auto [known, is_new] = files_.try_emplace(fs::weakly_canonical(file));
  if (!is_new) return known->second;
  const core::Yaml yaml = core::Yaml::from_file(file);
  if (!yaml.is_map() || (yaml.find("task") == nullptr && yaml.find("tasks") == nullptr))
    throw ConfigError(file.string(), std::max(1, yaml.line()), "",
                      "is neither a task (key `task`) nor a group (keys `group` and `tasks`)");
  if (yaml.find("task") != nullptr) {
    tasks_.push_back(read_task(file));
    take_name(yaml.at("task"));
    return known->second = tasks_.back().name;
  }
  written_.push_back(read_group(yaml, file));
  take_name(yaml.at("group"));
  return known->second = written_.back().name;
}

void Library::link() {
  std::sort(tasks_.begin(), tasks_.end(), [](const TaskSpec& a, const TaskSpec& b) { return a.name < b.name; });
  check_group_names(tasks_);
  check_shipped_groups(shipped_, tasks_, written_);
  groups_ = join_groups(tasks_, written_);
  for (const Group& group : groups_) {
    std::vector<std::string> path;
    check_members(*this, group, path);
  }
}

Library Library::from_folders(const std::vector<fs::path>& folders) {
  Library library;
  if (!folders.empty()) library.shipped_ = folders.front();
  for (const fs::path& folder : folders)
    for (const fs::path& file : files_of(folder)) library.add(file);
  library.link();
  return library;
}

std::string Library::add_file(const fs::path& file) {
  const std::string name = add(file);
  link();
  return name;
}

std::vector<TaskSpec> Library::select(const std::vector<std::string>& names) const {
  std::vector<TaskSpec> selected;
  std::set<std::string> taken;
  for (const std::string& name : names) add_tasks(*this, name, selected, taken);
  return selected;
}

void check_sources(const Sources& sources, const Library& library) {
  const std::set<std::string> known = mappable(library.tasks());
  for (const auto& [file, name, line] : sources.entries()) {
    if (known.count(name)) continue;
    if (find_named(library.tasks(), name) != nullptr)
      throw ConfigError(file, line, name, "the rows of this task stand beside it");
    throw ConfigError(file, line, name,
                      "no task or data set has this name" + core::did_you_mean(name, {known.begin(), known.end()}));
  }
}

}  // namespace tasks
