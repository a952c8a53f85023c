#include "harness/hub/model_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/hub/model_files.h"

namespace hub {
namespace {

using Paths = std::vector<std::string>;

/// The listing of a commit without the Hub is what the cache has, so what it lacks may still be in the repository.
[[noreturn]] void fail_without(const Repository& repository, const Listing& listing, const std::string& what) {
  const std::string where = fmt::format("{} at commit {}", to_string(repository), listing.commit);
  if (!listing.whole)
    throw HubError(Failure::kOffline, fmt::format("{}: the cache has no {}, and the Hub was not asked: run `cappy pull "
                                                  "{} --revision {}` where there is a network",
                                                  where, what, repository.id, listing.commit));
  throw core::ConfigError(fmt::format("{}: the repository has no {}", where, what));
}

Paths wanted_files(const Repository& repository, const Listing& listing, ModelPart part) {
  Paths paths;
  for (const HubFile& file : listing.files) paths.push_back(file.path);
  Paths wanted = part == ModelPart::kWhole ? files_of_model(paths) : files_of_tokenizer(paths);
  if (std::find(wanted.begin(), wanted.end(), "config.json") == wanted.end() && part == ModelPart::kWhole)
    fail_without(repository, listing, "config.json");
  if (part == ModelPart::kWhole && std::none_of(wanted.begin(), wanted.end(), is_weight_file))
    fail_without(repository, listing, "weights (model.safetensors, pytorch_model.bin or flax_model.msgpack)");
  if (wanted.empty()) fail_without(repository, listing, "tokenizer");
  return wanted;
}

}  // namespace

Repository model_repository(const std::string& name) {
  Repository repository;
  const std::size_t at = name.find('@');
  repository.id = name.substr(0, at);
  if (at != std::string::npos) repository.revision = name.substr(at + 1);
  check(repository);
  return repository;
}

ModelFolder fetch_model(Hub& hub, const Repository& repository, ModelPart part) {
  const Listing listing = hub.list(repository);
  const Repository pinned{.kind = repository.kind, .id = repository.id, .revision = listing.commit};
  for (const std::string& path : wanted_files(repository, listing, part)) hub.fetch(pinned, path);
  return {.folder = hub.snapshot(pinned).value(), .commit = listing.commit};
}

}  // namespace hub
