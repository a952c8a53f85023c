#include "harness/cli/pull_plan.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include "harness/hub/model_files.h"
#include "harness/core/errors.h"

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

PullItem hub_item(const std::string& name, const PullOptions& options) {
  PullItem item;
  item.what = name;
  item.repository.id = name;
  const auto strip_prefix = [&](std::string_view prefix, hub::RepositoryKind kind) {
    if (!name.starts_with(prefix)) return false;
    item.repository.kind = kind;
    item.repository.id = name.substr(prefix.size());
    return true;
  };
  const bool told =
      strip_prefix("datasets/", hub::RepositoryKind::kDataset) || strip_prefix("models/", hub::RepositoryKind::kModel);
  if (!told && options.kind) item.repository.kind = *options.kind;
  item.may_be_dataset = !told && !options.kind;
  if (!options.revision.empty()) item.repository.revision = options.revision;
  hub::check(item.repository);
  item.choose = [include = options.include](const Paths& listing, hub::RepositoryKind kind) {
    if (!include.empty()) return matching(listing, include);
    return kind == hub::RepositoryKind::kModel ? hub::files_of_model(listing) : listing;
  };
  return item;
}

}  // namespace

std::vector<PullItem> pull_names(const std::vector<std::string>& names, const PullOptions& options) {
  std::vector<PullItem> items;
  for (const std::string& name : names) items.push_back(hub_item(name, options));
  return items;
}

}  // namespace cli
