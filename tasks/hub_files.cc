#include "tasks/hub_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

constexpr std::string_view kSeparators = "-._ ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A file of rows in a listing, taken apart.
struct RowFile {
  std::string path;
  std::vector<std::string> folders;
  std::string stem;        // without ending, compression and shard: "validation" of validation-00000-of-00001.parquet
  std::string plain;       // the path without compression
  std::size_t ending = 0;  // index into row_file_endings(): smaller is preferred
  bool is_compressed = false;
};

/// "train" of "train-00000-of-00002" and of "train-00000-of-00002-1a2b3c".
std::string without_shard(const std::string& stem) {
  const std::size_t of = stem.find("-of-");
  if (of == std::string::npos || of == 0 || of + 4 >= stem.size() || !is_digit(stem[of + 4])) return stem;
  std::size_t begin = of;
  while (begin > 0 && is_digit(stem[begin - 1])) --begin;
  return begin == of || begin == 0 || stem[begin - 1] != '-' ? stem : stem.substr(0, begin - 1);
}

std::optional<RowFile> take_apart(const std::string& path) {
  RowFile file;
  file.path = file.plain = path;
  for (const char* packed : {".zst", ".gz"})
    if (path.ends_with(packed)) {
      file.plain.resize(path.size() - std::string_view(packed).size());
      file.is_compressed = true;
    }
  const std::vector<std::string>& endings = row_file_endings();
  const auto ending =
      std::find_if(endings.begin(), endings.end(), [&](const std::string& e) { return file.plain.ends_with(e); });
  if (ending == endings.end()) return std::nullopt;
  file.ending = static_cast<std::size_t>(ending - endings.begin());
  for (const std::string_view part : core::split(file.plain, "/")) file.folders.emplace_back(part);
  file.stem = without_shard(file.folders.back().substr(0, file.folders.back().size() - ending->size()));
  file.folders.pop_back();
  return file;
}

/// A split by its name, then by the words that the Hub takes for it.
std::vector<std::string> names_of_split(const std::string& split) {
  static const std::vector<std::vector<std::string>> kWords = {
      {"train", "training"}, {"validation", "valid", "val", "dev"}, {"test", "testing", "eval", "evaluation"}};
  std::vector<std::string> names = {split};
  for (const auto& words : kWords)
    if (words[0] == split) names.insert(names.end(), words.begin() + 1, words.end());
  return names;
}

/// Whether a word stands in a name between separators, digits or its ends: "val" in "val2016" and "rte_val".
bool has_word(std::string_view name, std::string_view word) {
  const auto bounds = [](char c) { return kSeparators.find(c) != std::string_view::npos || is_digit(c); };
  for (std::size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || bounds(name[at - 1])) && (end == name.size() || bounds(name[end]))) return true;
  }
  return false;
}

/// The branch of converted files calls what it did not finish "partial-train".
bool is_partial(const RowFile& file) {
  return std::any_of(file.folders.begin(), file.folders.end(),
                     [](const std::string& folder) { return folder.starts_with("partial-"); });
}

bool is_named_exactly(const RowFile& file, const std::string& name) {
  const bool numbered = !file.stem.empty() && std::all_of(file.stem.begin(), file.stem.end(), is_digit);
  return file.stem == name || (numbered && !file.folders.empty() && file.folders.back() == name);
}

bool is_named_somehow(const RowFile& file, const std::string& name) {
  return has_word(file.stem, name) ||
         std::any_of(file.folders.begin(), file.folders.end(), [&](const std::string& f) { return has_word(f, name); });
}

template <class Keep>
std::vector<RowFile> keep_if(const std::vector<RowFile>& files, Keep keep) {
  std::vector<RowFile> kept;
  std::copy_if(files.begin(), files.end(), std::back_inserter(kept), keep);
  return kept;
}

bool is_split_folder(const std::string& folder, const std::string& split) {
  if (folder == "data" || folder == split) return true;
  for (const char* known : {"train", "validation", "test"})
    for (const std::string& name : names_of_split(known))
      if (has_word(folder, name)) return true;
  return false;
}

/// Files of a configuration: those in a folder of its name; else those in no folder of another one.
std::vector<RowFile> of_config(const std::vector<RowFile>& files, const std::string& config, const std::string& split) {
  const auto in_folder = [&](const std::string& name) {
    return keep_if(files, [&](const RowFile& file) {
      return std::find(file.folders.begin(), file.folders.end(), name) != file.folders.end();
    });
  };
  if (!config.empty())
    if (std::vector<RowFile> own = in_folder(config); !own.empty()) return own;
  std::vector<RowFile> loose = keep_if(files, [&](const RowFile& file) {
    return std::all_of(file.folders.begin(), file.folders.end(),
                       [&](const std::string& folder) { return is_split_folder(folder, split); });
  });
  if (!loose.empty() || !config.empty()) return loose;
  std::set<std::string> folders;
  for (const RowFile& file : files) folders.insert(file.folders.at(0));
  if (folders.size() == 1) return files;  // its one configuration
  return in_folder("default");
}

std::vector<RowFile> named(const std::vector<RowFile>& files, const std::string& split) {
  const std::vector<std::string> names = names_of_split(split);
  for (const std::string& name : names)
    if (auto found = keep_if(files, [&](const RowFile& f) { return is_named_exactly(f, name); }); !found.empty())
      return found;
  for (const std::string& name : names)
    if (auto found = keep_if(files, [&](const RowFile& f) { return is_named_somehow(f, name); }); !found.empty())
      return found;
  return {};
}

/// The most preferred ending alone, and of a file and its packed copy the plain one.
std::vector<RowFile> preferred(std::vector<RowFile> files) {
  std::size_t best = SIZE_MAX;
  std::set<std::string> plain;
  for (const RowFile& file : files) {
    best = std::min(best, file.ending);
    if (!file.is_compressed) plain.insert(file.path);
  }
  std::set<std::string> taken;
  return keep_if(files, [&](const RowFile& file) {
    const bool has_twin = file.is_compressed && (plain.contains(file.plain) || !taken.insert(file.plain).second);
    return file.ending == best && !has_twin;
  });
}

/// Shards of one file are one split; files of two names might be two, and nobody could tell.
void refuse_two_names(const std::vector<RowFile>& files, const std::string& split) {
  std::map<std::string, std::string> names;  // folder and stem -> a file
  for (const RowFile& file : files) {
    const bool numbered = std::all_of(file.stem.begin(), file.stem.end(), is_digit);
    names.try_emplace(core::join(file.folders, "/") + "/" + (numbered ? "" : file.stem), file.path);
  }
  if (names.size() < 2) return;
  throw core::FileError(
      names.begin()->second,
      fmt::format("and {} could both be the split '{}': say which by `data.files` of the task, or map "
                  "the task to one file by --sources",
                  std::next(names.begin())->second, split));
}

std::vector<std::string> paths_of(const std::vector<RowFile>& files) {
  std::vector<std::string> paths;
  for (const RowFile& file : files) paths.push_back(file.path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.starts_with("**/")) {
    if (matches_pattern(pattern.substr(3), path)) return true;
    const std::size_t slash = path.find('/');
    return slash != std::string_view::npos && matches_pattern(pattern, path.substr(slash + 1));
  }
  if (pattern[0] == '*') {
    for (std::size_t n = 0; n <= path.size(); ++n) {
      if (matches_pattern(pattern.substr(1), path.substr(n))) return true;
      if (n < path.size() && path[n] == '/') return false;
    }
    return false;
  }
  if (path.empty() || (pattern[0] == '?' ? path[0] == '/' : pattern[0] != path[0])) return false;
  return matches_pattern(pattern.substr(1), path.substr(1));
}

std::vector<HubRequest> hub_requests(const TaskSpec& spec) {
  if (spec.data.kind != DataKind::kHub) return {};
  if (!spec.data.revision.empty()) return {{spec.data.id, spec.data.revision}};
  return {{spec.data.id, "main"}, {spec.data.id, kConvertedBranch}};
}

std::vector<std::string> files_of_split(const std::vector<std::string>& listing, const TaskSpec& spec,
                                        const std::string& split) {
  std::vector<RowFile> files;
  for (const std::string& path : listing)
    if (std::optional<RowFile> file = take_apart(path); file && !is_partial(*file)) files.push_back(std::move(*file));
  if (const auto patterns = spec.data.files.find(split); patterns != spec.data.files.end()) {
    std::vector<RowFile> found = keep_if(files, [&](const RowFile& file) {
      return std::any_of(patterns->second.begin(), patterns->second.end(), [&](const std::string& pattern) {
        return matches_pattern(pattern, file.path) || matches_pattern(pattern, file.plain);
      });
    });
    if (!found.empty()) return paths_of(preferred(std::move(found)));
  }
  const std::vector<RowFile> found = preferred(named(of_config(files, spec.data.config, split), split));
  refuse_two_names(found, split);
  return paths_of(found);
}

bool has_all_shards(const std::vector<std::string>& files) {
  std::map<std::string, std::size_t> counts;  // what stands behind "-of-" -> files
  for (const std::string& path : files) {
    const std::size_t of = path.rfind("-of-");
    if (of == std::string::npos) continue;
    std::size_t end = of + 4;
    while (end < path.size() && is_digit(path[end])) ++end;
    ++counts[path.substr(of + 4, end - of - 4)];
  }
  return std::all_of(counts.begin(), counts.end(), [](const auto& entry) {
    return entry.first.empty() || entry.first.size() > 9 || std::stoul(entry.first) == entry.second;
  });
}

}  // namespace tasks
