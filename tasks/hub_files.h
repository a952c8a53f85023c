// Which files of a data set repository hold a split: by the patterns of the task, else by the Hub's own rules of names
// (`data/validation-00000-of-00001.parquet`, `rte/validation.jsonl`, the branch refs/convert/parquet with
// `CONFIG/SPLIT/0000.parquet`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/task_spec.h"

namespace tasks {

/// The branch that the Hub makes of sets that are not Parquet themselves.
inline constexpr const char* kConvertedBranch = "refs/convert/parquet";

/// What a task needs of the Hub: `cappy pull` fetches these.
struct HubRequest {
  std::string id;        // "aps/super_glue"
  std::string revision;  // "main" where the task pins none
};

/// In the order in which they are tried: a later one only where an earlier has no file of a split. Nothing for a task
/// whose data do not live on the Hub.
std::vector<HubRequest> hub_requests(const TaskSpec& spec);

/// The files among `listing` (paths in the repository) that hold a split of a configuration, sorted; empty where there
/// are none. Patterns of the task, `data.files`, go first: all files that one of them matches; where none is matched,
/// the rules of names. Parquet is preferred to .jsonl, .json, .csv, .tsv, a plain file to its packed copy. Throws
/// core::FileError where files of two names could both be the split.
std::vector<std::string> files_of_split(const std::vector<std::string>& listing, const TaskSpec& spec,
                                        const std::string& split);

/// `*` and `?` stand for anything but '/', `**/` for any folders.
bool matches_pattern(std::string_view pattern, std::string_view path);

/// Whether no shard of "NAME-00000-of-00002" is missing: a cache may hold a part.
bool has_all_shards(const std::vector<std::string>& files);

}  // namespace tasks
