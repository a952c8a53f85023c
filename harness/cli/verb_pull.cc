// `cappy pull NAME...`: fetches from the Hugging Face Hub all that a task, a group, an experiment or an id needs, for
// machines without a network. Prints a line a file: its bytes and its place in the cache.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "harness/cli/hub_progress.h"
#include "harness/cli/options.h"
#include "harness/cli/pull_plan.h"
#include "harness/core/errors.h"
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

/// Throws hub::HubError.
Found look_up(hub::Hub& hub, const PullItem& item, hub::Repository repository) {
  hub::Listing listing;
  try {
    listing = hub.list(repository);
  } catch (const hub::HubError& error) {
    const bool other_kind = item.may_be_dataset && error.failure() == hub::Failure::kNoRepository;
    if (!other_kind) throw;
    repository.kind = hub::RepositoryKind::kDataset;
    try {
      listing = hub.list(repository);
    } catch (const hub::HubError& second) {
      if (second.failure() != hub::Failure::kNoRepository) throw;
      throw core::ConfigError(
          fmt::format("{}: the Hub has neither a model nor a data set of this name: {}", item.what, error.what()));
    }
  }
  Found found{repository, item.choose(paths_of(listing), repository.kind)};
  found.repository.revision = listing.commit;
  return found;
}

/// Throws core::ConfigError where nothing of the repository is wanted.
Found look_up(hub::Hub& hub, const PullItem& item) {
  Found found = look_up(hub, item, item.repository);
  if (found.files.empty() && item.otherwise) found = look_up(hub, item, *item.otherwise);
  if (!found.files.empty()) return found;
  throw core::ConfigError(fmt::format("{}: {} has no files for it at revision '{}'; --include '*' takes all", item.what,
                                      to_string(item.repository), item.repository.revision));
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

PullOptions read_options(const po::variables_map& values, const CommonOptions& common) {
  PullOptions options;
  options.home = common.home;
  if (values.count("revision")) options.revision = values["revision"].as<std::string>();
  if (values.count("include")) options.include = values["include"].as<Words>();
  if (values.count("tasks"))
    for (const std::string& folder : values["tasks"].as<Words>()) options.task_folders.emplace_back(folder);
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
     "of a Hub id only the files that match; may repeat; default: of a model its configuration, its tokenizer and its "
     "weights in one format, of a data set all")
    ("repo-type", po::value<std::string>()->value_name("TYPE"), 
     "of a Hub id: model or dataset; default: by its prefix, else what there is")
    ("tasks", po::value<Words>()->composing()->value_name("DIR"), "a folder of your own task files; may repeat");
  // clang-format on
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (!values.count("name"))
    throw core::UsageError(
        "cappy pull: expected a task, a group, an experiment file or a Hub id; see cappy pull --help");
  const std::vector<PullItem> items = pull_names(values["name"].as<Words>(), read_options(values, common));
  HubProgress progress("pull", core::progress_mode_from(common.progress));
  hub::Hub hub(hub::Settings::from_environment(), progress.as_say(), progress.as_watch());
  for (const PullItem& item : items) pull(hub, item, progress);
  return 0;
}

}  // namespace cli
