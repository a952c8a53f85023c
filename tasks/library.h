// All task files and groups of the folders that a user names: the installation's tasks/ first, then each --tasks DIR. A
// group is what the tasks' own `group:` say, and files of the form `group: NAME, tasks: [TASK or GROUP, …]`. Tasks of
// another folder may be listed beside the installation's, not join its groups.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tasks/places.h"
#include "tasks/task_spec.h"

namespace core {
class Yaml;
}

namespace tasks {

struct Group {
  std::string name, description;
  std::vector<std::string> members;  // tasks and groups, as written
  std::filesystem::path file;        // empty where only tasks name it
};

class Library {
 public:
  /// Throws core::ConfigError with file and line: a name twice, a member that is not there, groups in a circle.
  static Library from_folders(const std::vector<std::filesystem::path>& folders);

  /// Adds a task or group file that may stand anywhere; one of the folders' own stays what it is. Returns its name.
  /// Throws core::ConfigError as from_folders does.
  std::string add_file(const std::filesystem::path& file);

  const std::vector<TaskSpec>& tasks() const { return tasks_; }  // sorted by name
  const std::vector<Group>& groups() const { return groups_; }   // sorted by name
  /// Tasks by name or group, in the order given, without repeats. Throws core::ConfigError with a suggestion.
  std::vector<TaskSpec> select(const std::vector<std::string>& names) const;

 private:
  /// Where a name was given.
  struct Named {
    std::string file;
    int line = 0;
  };

  std::string add(const std::filesystem::path& file);
  void take_name(const core::Yaml& name);
  void link();

  std::filesystem::path shipped_;  // the first folder
  std::vector<TaskSpec> tasks_;
  std::vector<Group> groups_;
  std::vector<Group> written_;                          // groups with a file of their own
  std::map<std::string, Named> names_;                  // of tasks and of written groups
  std::map<std::filesystem::path, std::string> files_;  // canonical path -> name
};

/// Throws core::ConfigError, with a suggestion, for a name in the map that no task looks for. What other experiments
/// need may stand there.
void check_sources(const Sources& sources, const Library& library);

}  // namespace tasks
