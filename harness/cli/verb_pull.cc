// `cappy pull NAME...`: fetches from the Hugging Face Hub all that a task, a group, an experiment or an id needs, for
// machines without a network. Prints a line a file: its bytes and its place in the cache.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "harness/cli/hub_progress.h"
#include "harness/cli/options.h"
#include "harness/cli/pull_plan.h"
#include "harness/cli/task_options.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "harness/hub/hub.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> paths_of(const hub::Listing& listing) {
  std::vector<std::string> paths;
  for (const hub::HubFile& file : listing.files) paths.push_back(file.path);
  return paths;
}

/// The files that an item wants, and the commit that they are of.
struct Found {
  hub::Repository repository;  // at its commit
  std::vector<std::string> files;
};

/// The listing of a repository; of a data set of that name where the item allows it and there is no such model. Throws
/// hub::HubError, core::ConfigError.
hub::Listing list(hub::Hub& hub, const PullItem& item, hub::Repository& repository) {
  const hub::RepositoryKind first = repository.kind;
  try {
    return hub.list(repository);
  } catch (const hub::HubError& error) {
    if (error.failure() != hub::Failure::kNoRepository) throw;
    if (!item.may_be_dataset) throw core::ConfigError(fmt::format("{}: {}{}", item.what, error.what(), item.hint));
  }
  try {
    repository.kind = hub::RepositoryKind::kDataset;
    return hub.list(repository);
  } catch (const hub::HubError& error) {
    if (error.failure() != hub::Failure::kNoRepository) throw;
    repository.kind = first;
    throw core::ConfigError(fmt::format("{}: there is no task, model or data set of this name{}; on the Hub: {}",
                                        item.what, item.hint, error.what()));
  }
}

/// Throws core::ConfigError where nothing is wanted of any of the item's repositories.
Found look_up(hub::Hub& hub, const PullItem& item) {
  std::string looked_at;
  for (hub::Repository repository : item.repositories) {
    const bool is_first = looked_at.empty();
    looked_at += fmt::format("{}{} at revision '{}'", is_first ? "" : ", ", to_string(repository), repository.revision);
    try {
      const hub::Listing listing = list(hub, item, repository);
      std::vector<std::string> files = item.choose(paths_of(listing), repository.kind);
      repository.revision = listing.commit;
      if (!files.empty()) return {repository, std::move(files)};
    } catch (const hub::HubError& error) {  // a branch that need not be
      if (is_first || error.failure() != hub::Failure::kNoRevision) throw;
    }
  }
  throw core::ConfigError(
      fmt::format("{}: no files for it in {}; --include '*' takes all files of a Hub id", item.what, looked_at));
}

void pull(hub::Hub& hub, const PullItem& item, HubProgress& progress) {
  const Found found = look_up(hub, item);
  std::uintmax_t bytes = 0;
  for (const std::string& path : found.files) {
    const fs::path file = hub.fetch(found.repository, path);
    const std::uintmax_t size = fs::file_size(file);
    std::cout << fmt::format("{}\t{}\n", size, file.string());
    bytes += size;
  }
  std::cout.flush();
  if (!std::cout) throw core::FileError("standard output", "cannot be written");
  progress.say(fmt::format("{}: {} files, {:.1f} MB, {} at commit {}", item.what, found.files.size(),
                           static_cast<double>(bytes) / 1e6, to_string(found.repository), found.repository.revision));
}

/// Without an installation around it (no tasks/ and configs/), ids of the Hub can still be pulled.
std::vector<fs::path> folders_of_tasks(const po::variables_map& values, const CommonOptions& common) {
  try {
    return task_folders(find_home(common.home), values);
  } catch (const core::UsageError&) {
    if (!common.home.empty() || values.count("tasks") || std::getenv("CAPPY_HOME")) throw;
    return {};
  }
}

PullOptions read_options(const po::variables_map& values, const CommonOptions& common) {
  PullOptions options;
  options.task_folders = folders_of_tasks(values, common);
  if (values.count("revision")) options.revision = values["revision"].as<std::string>();
  if (values.count("include")) options.include = values["include"].as<Words>();
  if (!values.count("repo-type")) return options;
  const auto type = values["repo-type"].as<std::string>();
  if (type != "model" && type != "dataset")
    throw core::UsageError("--repo-type " + type + ": expected model or dataset");
  options.kind = type == "model" ? hub::RepositoryKind::kModel : hub::RepositoryKind::kDataset;
  return options;
}

}  // namespace

int run_pull(const Words& words) {
  VerbSyntax syntax{.verb = "pull",
                    .usage =
                        "NAME ... [options]\n\n"
                        "Fetches what a task, a group, an experiment file or an id of the Hugging Face Hub (ORG/NAME, "
                        "datasets/ORG/NAME)\n"
                        "needs into the Hub's own cache (HF_HOME), and prints bytes and place of each file. What is "
                        "there is not fetched\n"
                        "again. HF_TOKEN opens gated repositories, HF_ENDPOINT names another Hub, HF_HUB_OFFLINE=1 "
                        "asks the cache alone"};
  // clang-format off
  syntax.own.add_options()
    ("revision", po::value<std::string>()->value_name("R"), "branch, tag or commit of a Hub id; default: main")
    ("include", po::value<Words>()->composing()->value_name("GLOB"), 
     "of a Hub id only the files that match; repeatable; default: of a model its configuration, its tokenizer and its "
     "weights in one format, of a data set all")
    ("repo-type", po::value<std::string>()->value_name("TYPE"),
     "of a Hub id: model or dataset; default: by its prefix, else what there is")
    ("tasks", po::value<Words>()->composing()->value_name("DIR"), "a folder of task files of your own; repeatable");
  // clang-format on
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (!values.count("name"))
    throw core::UsageError(
        "cappy pull: expected a task, a group, an experiment file or a Hub id; see cappy pull --help");
  const PullPlan plan = pull_names(values["name"].as<Words>(), read_options(values, common));
  HubProgress progress("pull", core::progress_mode_from(common.progress));
  hub::Hub hub(hub::Settings::from_environment(), progress.as_say(), progress.as_watch());
  for (const PullItem& item : plan.items) pull(hub, item, progress);
  if (!plan.elsewhere.empty())
    progress.say(
        fmt::format("not on the Hub, so nothing to fetch: {}; `cappy tasks list` tells where the rows come from",
                    core::join(plan.elsewhere, ", ")));
  return 0;
}

}  // namespace cli
