// The flags of verbs that read tasks: --tasks, --sources, --data. One place makes the library and the places out of
// them.
#pragma once

#include <filesystem>
#include <memory>

#include "harness/cli/options.h"
#include "tasks/library.h"
#include "tasks/places.h"

namespace cli {

/// Adds --tasks DIR (repeatable) and --sources FILE.
void add_task_options(po::options_description& options);
/// Adds --data DIR.
void add_data_option(po::options_description& options);

struct TaskOptions {
  std::filesystem::path home;
  tasks::Library library;  // `home`/tasks, then every --tasks DIR
  tasks::Places places;    // without the Hub: the caller sets `dataset_hub`
};

/// Throws core::UsageError, core::ConfigError: also for a name of --sources that no task looks for.
TaskOptions read_task_options(const std::filesystem::path& home, const po::variables_map& values);

/// The folders of task files alone: `home`/tasks and every --tasks DIR.
std::vector<std::filesystem::path> task_folders(const std::filesystem::path& home, const po::variables_map& values);

}  // namespace cli
