#include "tasks/places.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/hub_files.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

constexpr int kDeepestFolder = 4;  // below a folder that a user names

/// The paths of the files below a folder, relative to it.
std::vector<std::string> listing_of(const fs::path& folder, int depth) {
  std::vector<std::string> paths;
  std::error_code error;  // a folder that cannot be read has nothing to give
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && entries != end; entries.increment(error)) {
    if (entries->is_directory() && entries.depth() >= depth) entries.disable_recursion_pending();
    if (entries->is_regular_file()) paths.push_back(entries->path().lexically_relative(folder).generic_string());
  }
  return paths;
}

Files files_in(const fs::path& folder, int depth, const TaskSpec& spec, const std::string& split) {
  Files files;
  if (!fs::is_directory(folder)) return files;
  for (const std::string& path : files_of_split(listing_of(folder, depth), spec, split)) files.push_back(folder / path);
  return files;
}

/// Where a data set may stand under the folder that a user names: folders named by the task and by the data set, as the
/// Hub (super_glue/rte/), PromptSource (super_glue/rte) and SuperGLUE's archives (RTE/) call them.
Files folders_of(const TaskSpec& spec, const fs::path& root) {
  std::string upper = spec.data.config;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string& prompt = spec.prompt.promptsource;
  const std::string flat = core::replace_all(prompt.empty() ? spec.name : prompt, "/", "_");
  Files folders;
  for (const std::string& name : {spec.name, spec.data.id + "/" + spec.data.config, spec.data.id, prompt, flat, upper})
    if (!name.empty()) folders.push_back(root / name);
  return folders;
}

/// The root's own files count, too; what stands in other folders of a mapped root is looked at, of the data folder not.
Files files_under(const TaskSpec& spec, const std::string& split, const fs::path& root, int depth) {
  for (const fs::path& folder : folders_of(spec, root))
    if (Files files = files_in(folder, kDeepestFolder, spec, split); !files.empty()) return files;
  return files_in(root, depth, spec, split);
}

/// A file stands for the split that is measured, or for the one of training where none is.
bool is_main_split(const TaskSpec& spec, const std::string& split) {
  return split == (spec.data.test_split.empty() ? spec.data.train_split : spec.data.test_split);
}

Files one_file(const TaskSpec& spec, const std::string& split, const fs::path& file) {
  if (is_main_split(spec, split)) return {file};
  throw AbsentData(file.string(), fmt::format("holds the split '{}' of {}; map its folder to read '{}' too",
                                              spec.data.test_split, spec.name, split));
}

fs::path mapped_place(const TaskSpec& spec, const Sources& sources) {
  const DataSpec& data = spec.data;
  if (data.kind == DataKind::kBigbench) return sources.find(spec.name, "bigbench");
  if (data.kind == DataKind::kAuthors) return sources.find(spec.name, authors_source(data.id));
  for (const std::string& id : {data.id + "/" + data.config, data.id})
    if (const fs::path place = sources.find(spec.name, id); !place.empty()) return place;
  return {};
}

Files bigbench_folder(const TaskSpec& spec, const fs::path& root, const Sources& sources) {
  Files folders = {root / spec.data.id, root / "bigbench" / spec.data.id};
  const bool own = root.filename() == spec.data.id || !sources.find(spec.name, "").empty();
  if (own) folders.insert(folders.begin(), root);
  for (const fs::path& folder : folders)
    if (!find_text(folder / "task.json").empty()) return {folder};
  return {};
}

/// A file, plain or packed; nothing where there is none.
Files plain_or_packed(const fs::path& path) {
  for (const char* packed : {"", ".zst", ".gz"})
    if (const fs::path file = path.string() + packed; fs::is_regular_file(file)) return {file};
  return {};
}

Files authors_file(const TaskSpec& spec, const std::string& split, const fs::path& root) {
  if (fs::is_regular_file(root)) return one_file(spec, split, root);
  const std::string source = authors_source(spec.data.id);
  const bool is_test = source == "promptsource_test";
  const std::string name = is_test ? source + ".jsonl" : fmt::format("{}_{}.jsonl", spec.data.config, split);
  for (const fs::path& folder : {root, root / source, root / "authors", root / "authors" / source})
    if (Files files = plain_or_packed(folder / name); !files.empty()) return files;
  return {};
}

/// The files that a pattern with wild cards names.
Files files_matching(const fs::path& folder, const std::string& pattern) {
  const std::size_t wild = pattern.find_first_of("*?");
  if (wild == std::string::npos) return {};
  const std::size_t slash = pattern.rfind('/', wild);
  const fs::path base = slash == std::string::npos ? folder : folder / pattern.substr(0, slash);
  const std::string rest = slash == std::string::npos ? pattern : pattern.substr(slash + 1);
  Files files;
  for (const std::string& path : listing_of(base, kDeepestFolder))
    if (matches_pattern(rest, path)) files.push_back(base / path);
  std::sort(files.begin(), files.end());
  return files;
}

[[noreturn]] void fail_local(const TaskSpec& spec, const std::vector<std::string>& key, const std::string& message) {
  throw core::ConfigError(spec.file.string(), line_of_key(spec, key), core::join(key, "."), message);
}

/// The files that `data.files` names, by path or pattern.
Files named_files(const TaskSpec& spec, const std::string& split, const fs::path& folder) {
  const auto patterns = spec.data.files.find(split);
  if (patterns == spec.data.files.end()) {
    std::vector<std::string> splits;
    for (const auto& [name, files] : spec.data.files) splits.push_back(name);
    fail_local(spec, {"data", "files"},
               fmt::format("names no files of the split '{}'{}; it has: {}", split, core::did_you_mean(split, splits),
                           core::join(splits, ", ")));
  }
  Files files;
  for (const std::string& pattern : patterns->second) {
    Files found = plain_or_packed(folder / pattern);
    if (found.empty()) found = files_matching(folder, pattern);
    if (found.empty())
      fail_local(spec, {"data", "files", split},
                 fmt::format("there is no {} (paths are relative to the task's file)", (folder / pattern).string()));
    for (const fs::path& file : found) {
      if (std::find(files.begin(), files.end(), file) != files.end())
        fail_local(spec, {"data", "files", split}, fmt::format("names {} twice", file.string()));
      files.push_back(file);
    }
  }
  return files;
}

/// PREFIX.SPLIT.ENDING or PREFIX/SPLIT.ENDING: one of them.
Files prefixed_file(const TaskSpec& spec, const std::string& split, const fs::path& base) {
  Files files;
  for (const std::string& ending : row_file_endings())
    for (const std::string& path : {base.string() + "." + split + ending, (base / (split + ending)).string()})
      for (const char* packing : {"", ".zst", ".gz"})
        if (fs::is_regular_file(path + packing)) files.emplace_back(path + packing);
  if (files.empty())
    fail_local(
        spec, {"data", "local"},
        fmt::format("there is no {}.{}.jsonl and no {}/{}.jsonl (also .json, .csv, .tsv, .parquet, each also .zst "
                    "or .gz; `files` names others)",
                    base.string(), split, base.string(), split));
  if (files.size() > 1)
    fail_local(spec, {"data", "local"},
               fmt::format("{} and {} are both there: remove one, or name it by `files`", files[0].string(),
                           files[1].string()));
  return files;
}

Files local_files(const TaskSpec& spec, const std::string& split) {
  const fs::path folder = fs::absolute(spec.file).parent_path();
  return spec.data.id.empty() ? named_files(spec, split, folder) : prefixed_file(spec, split, folder / spec.data.id);
}

/// The files of a split at a place that a user mapped, or in the data folder.
Files files_at(const TaskSpec& spec, const std::string& split, const fs::path& root, const Places& places) {
  if (spec.data.kind == DataKind::kBigbench) return bigbench_folder(spec, root, places.sources);
  if (spec.data.kind == DataKind::kAuthors) return authors_file(spec, split, root);
  if (fs::is_regular_file(root)) return one_file(spec, split, root);
  return files_under(spec, split, root, root == places.data ? 0 : kDeepestFolder);
}

/// Without the network. No files: not found.
SplitFiles find_without_network(const TaskSpec& spec, const std::string& split, const Places& places) {
  if (spec.data.kind == DataKind::kLocal) return {local_files(spec, split), Origin::kLocal};
  if (const fs::path mapped = mapped_place(spec, places.sources); !mapped.empty()) {
    SplitFiles found{files_at(spec, split, mapped, places), Origin::kSources};
    if (!found.files.empty()) return found;
    throw AbsentData(mapped.string(),
                     fmt::format("mapped by --sources, has no split '{}' of task {}", split, spec.name));
  }
  if (!places.data.empty()) {
    SplitFiles found{files_at(spec, split, places.data, places), Origin::kData};
    if (!found.files.empty()) return found;
  }
  return {};
}

std::vector<std::string> cached_files(const HubRequest& request, const TaskSpec& spec, const std::string& split,
                                      DatasetHub& hub) {
  std::vector<std::string> files = files_of_split(hub.cached(request.id, request.revision), spec, split);
  return has_all_shards(files) ? files : std::vector<std::string>();
}

SplitFiles fetch(const HubRequest& request, const std::vector<std::string>& paths, DatasetHub& hub) {
  SplitFiles found{{}, Origin::kHub};
  for (const std::string& path : paths) found.files.push_back(hub.fetch(request.id, request.revision, path));
  return found;
}

std::string without_split(const std::string& id, const std::vector<std::string>& listing) {
  constexpr std::size_t kShown = 5;
  const std::vector<std::string> first(listing.begin(), listing.begin() + std::min(kShown, listing.size()));
  return fmt::format("{} has no file of this name ({}{}): name the split's files by `data.files`", id,
                     core::join(first, ", "), listing.size() > kShown ? ", …" : "");
}

/// No files: the repository lacks the split, or `hub_error` says why it could not be asked.
SplitFiles find_on_hub(const TaskSpec& spec, const std::string& split, DatasetHub& hub, std::string& hub_error) {
  const std::vector<HubRequest> requests = hub_requests(spec);
  for (const HubRequest& request : requests)
    if (const auto paths = cached_files(request, spec, split, hub); !paths.empty()) return fetch(request, paths, hub);
  std::string seen;  // what a repository without the split has
  for (const HubRequest& request : requests) {
    std::vector<std::string> listing;
    try {
      listing = hub.list(request.id, request.revision);
    } catch (const std::runtime_error& error) {
      hub_error = seen.empty() ? error.what() : seen;
      return {};
    }
    if (seen.empty() && !listing.empty()) seen = without_split(request.id, listing);
    if (const auto paths = files_of_split(listing, spec, split); !paths.empty()) return fetch(request, paths, hub);
  }
  return {};
}

[[noreturn]] void fail_absent(const TaskSpec& spec, const std::string& split, const Places& places,
                              const std::string& hub_error) {
  const DataSpec& data = spec.data;
  if (data.kind == DataKind::kBigbench)
    throw AbsentData((places.data / data.id / "task.json").string(),
                     "is missing: run scripts/get_data bigbench, or map `bigbench` to its folder by --sources");
  if (data.kind == DataKind::kAuthors)
    throw AbsentData(places.data.string(),
                     fmt::format("has no {} of the authors for task {}: map `{}` to it by --sources",
                                 authors_source(data.id), spec.name, authors_source(data.id)));
  const std::string asked = places.dataset_hub == nullptr ? "the Hub was not asked"
                            : hub_error.empty()           ? "the Hub's repository has no file of it"
                                                          : "the Hub: " + hub_error;
  throw AbsentData(
      places.data.string(),
      fmt::format("no split '{}' of task {} there ({}{}{}); {}; {}or map the task to a file or folder by --sources",
                  split, spec.name, data.id, data.config.empty() ? "" : "/", data.config, asked,
                  hub_error.empty() ? fmt::format("`cappy pull {}` fetches it, ", spec.name) : ""));
}

}  // namespace

std::string authors_source(const std::string& id) { return id == "bigbench" ? "bigbench_data" : id; }

Sources Sources::from_file(const fs::path& file) {
  const core::Yaml map = core::Yaml::from_file(file);
  if (!map.is_map()) map.fail("expected a map from tasks or data sets to paths");
  Sources sources;
  for (const std::string& name : map.keys()) {
    const core::Yaml& value = map.at(name);
    const fs::path place = fs::absolute(file).parent_path() / value.string();
    if (!fs::exists(place)) value.fail(fmt::format("there is no {}", place.lexically_normal().string()));
    sources.places_[name] = place.lexically_normal();
    sources.entries_.push_back({value.file(), name, value.line()});
  }
  return sources;
}

fs::path Sources::find(const std::string& task, const std::string& data_id) const {
  for (const std::string& name : {task, data_id})
    if (const auto place = places_.find(name); !name.empty() && place != places_.end()) return place->second;
  return {};
}

std::string to_string(Origin origin) {
  switch (origin) {
    case Origin::kSources:
      return "sources";
    case Origin::kData:
      return "data folder";
    case Origin::kHub:
      return "Hub";
    case Origin::kLocal:
      return "beside the task";
  }
  throw std::invalid_argument("an unknown origin");
}

SplitFiles find_split(const TaskSpec& spec, const std::string& split, const Places& places) {
  SplitFiles found = find_without_network(spec, split, places);
  if (!found.files.empty()) return found;
  std::string hub_error;
  if (spec.data.kind == DataKind::kHub && places.dataset_hub != nullptr)
    found = find_on_hub(spec, split, *places.dataset_hub, hub_error);
  if (found.files.empty()) fail_absent(spec, split, places, hub_error);
  return found;
}

std::optional<Origin> available(const TaskSpec& spec, const std::string& split, const Places& places) {
  try {
    if (const SplitFiles found = find_without_network(spec, split, places); !found.files.empty()) return found.origin;
  } catch (const AbsentData&) {
    return std::nullopt;
  } catch (const core::ConfigError&) {  // files beside the task that are not there
    return std::nullopt;
  }
  if (spec.data.kind != DataKind::kHub || places.dataset_hub == nullptr) return std::nullopt;
  for (const HubRequest& request : hub_requests(spec))
    if (!cached_files(request, spec, split, *places.dataset_hub).empty()) return Origin::kHub;
  return std::nullopt;
}

}  // namespace tasks
