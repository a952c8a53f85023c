// Which files of a data set repository hold a split: by the patterns of the task, else by the Hub's own rules of names
// (`data/validation-00000-of-00001.parquet`, `rte/validation.jsonl`, the branch refs/convert/parquet with
// `CONFIG/SPLIT/0000.parquet`).
#pragma once

#include <string>
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

/// Nothing for a task whose data do not live on the Hub. tellmewhy-like BIG-bench tasks with `hub:` have one, too.
std::vector<HubRequest> hub_requests(const TaskSpec& spec);

/// The files among `listing` (paths in the repository) that hold a split of a configuration, sorted; empty where there
/// are none. Shell patterns (`*`, `?`) of the task, `data.files`, go first.
std::vector<std::string> files_of_split(const std::vector<std::string>& listing, const TaskSpec& spec,
                                        const std::string& split);

}  // namespace tasks
