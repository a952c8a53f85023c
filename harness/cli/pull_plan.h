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
  hub::Repository repository;
  bool may_be_dataset = false;  // ORG/NAME alone: a data set where there is no such model
  /// The files wanted among a listing of a repository of that kind. Empty: they are not there.
  std::function<std::vector<std::string>(const std::vector<std::string>& listing, hub::RepositoryKind kind)> choose;
  std::optional<hub::Repository> otherwise;  // asked where the first has none of them
};

/// How names are read.
struct PullOptions {
  std::string revision;  // of Hub ids; empty: main, or what a task pins
  std::vector<std::string>
      include;  // shell patterns over the paths of a Hub id; empty: a model's own files, all of a data set
  std::optional<hub::RepositoryKind> kind;          // of Hub ids; nullopt: by prefix, else guessed
  std::filesystem::path home;                       // as --home says
  std::vector<std::filesystem::path> task_folders;  // --tasks
};

/// Each name is an experiment file, a task, a group or a Hub id ("ORG/NAME", "datasets/ORG/NAME", "models/ORG/NAME").
/// Throws core::ConfigError, core::UsageError.
std::vector<PullItem> pull_names(const std::vector<std::string>& names, const PullOptions& options);

}  // namespace cli
