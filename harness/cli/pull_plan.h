// What `cappy pull NAME` means: which repositories of the Hub, and which of their files.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/hub/cache.h"

namespace cli {

/// Files of one repository.
struct PullItem {
  std::string what;  // for messages: "google/flan-t5-base", "task rte, split validation"
  /// Where to look, in this order, until one has files.
  std::vector<hub::Repository> repositories;
  bool may_be_dataset = false;  // ORG/NAME alone: a data set where there is no such model
  /// The files wanted among a listing of a repository of that kind. Empty: they are not there.
  std::function<std::vector<std::string>(const std::vector<std::string>& listing, hub::RepositoryKind kind)> choose;
  std::string hint = "";  // what else the name may have meant: " (did you mean 'rte'?)"
};

struct PullPlan {
  std::vector<PullItem> items;
  std::vector<std::string> elsewhere;  // tasks whose data are not on the Hub
};

/// How names are read.
struct PullOptions {
  std::string revision;  // of Hub ids; empty: main
  std::vector<std::string>
      include;  // shell patterns over paths of a Hub id; empty: a model's own files, all of a data set
  std::optional<hub::RepositoryKind> kind;          // of Hub ids; nullopt: by prefix, else guessed
  std::vector<std::filesystem::path> task_folders;  // where tasks and groups are declared
};

/// Each name is a file (an experiment, a task, a group), a task, a group or a Hub id ("ORG/NAME", "datasets/ORG/NAME",
/// "models/ORG/NAME"). Throws core::ConfigError with file and line.
PullPlan pull_names(const std::vector<std::string>& names, const PullOptions& options);

}  // namespace cli
