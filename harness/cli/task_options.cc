#include "harness/cli/task_options.h"

#include "harness/core/errors.h"
#include "tasks/promptsource.h"

namespace cli {

namespace fs = std::filesystem;

void add_task_options(po::options_description& options) {
  // clang-format off
  options.add_options()
    ("tasks", po::value<Words>()->composing()->value_name("DIR"), "a folder of task files of your own, beside the installation's; repeatable")
    ("sources", po::value<std::string>()->value_name("FILE"), "YAML map: task or data set id -> folder or file");
  // clang-format on
}

void add_data_option(po::options_description& options) {
  options.add_options()("data", po::value<std::string>()->value_name("DIR"),
                        "folder in the source's own layout; default: data/ under --home");
}

std::vector<fs::path> task_folders(const fs::path& home, const po::variables_map& values) {
  std::vector<fs::path> folders = {home / "tasks"};
  for (const std::string& folder : values.count("tasks") ? values["tasks"].as<Words>() : Words{}) {
    if (!fs::is_directory(folder)) throw core::UsageError("--tasks " + folder + ": not a folder");
    folders.emplace_back(folder);
  }
  return folders;
}

TaskOptions read_task_options(const fs::path& home, const po::variables_map& values) {
  TaskOptions options;
  options.home = home;
  options.library = tasks::Library::from_folders(task_folders(home, values));
  options.places.data = home / "data";
  if (values.count("data")) options.places.data = values["data"].as<std::string>();
  if (values.count("data") && !fs::is_directory(options.places.data))
    throw core::UsageError("--data " + options.places.data.string() + ": not a folder");
  if (values.count("sources")) options.places.sources = tasks::Sources::from_file(values["sources"].as<std::string>());
  tasks::check_sources(options.places.sources, options.library);
  options.places.promptsource = tasks::promptsource_folder([&] { return home; });
  return options;
}

}  // namespace cli
