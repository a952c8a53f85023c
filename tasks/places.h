// Where the rows of a task are looked for: `--sources`, then the data folder, then the cache of the Hugging Face Hub
// and the Hub itself. The first that has the split is taken, and it is said which.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/errors.h"
#include "tasks/task_spec.h"

namespace tasks {

/// The `--sources` file: `{NAME: PATH}`, where NAME is a task, a Hub id (with or without its configuration), `bigbench`
/// or an authors' file. Relative paths are relative to that file.
class Sources {
 public:
  Sources() = default;
  static Sources from_file(const std::filesystem::path& file);  // throws core::ConfigError
  /// The place of a task, by its name first, then by the id of its data; empty where it is not mapped.
  std::filesystem::path find(const std::string& task, const std::string& data_id) const;

  /// A name of the map, and where it stands.
  struct Entry {
    std::string file, name;
    int line = 0;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::map<std::string, std::filesystem::path> places_;
  std::vector<Entry> entries_;  // as written
};

/// Data set repositories of the Hugging Face Hub, as tasks need them; harness/hub stands behind it. What is not cached
/// and cannot be fetched (offline, unreachable, gated) is an error with what to do.
class DatasetHub {
 public:
  virtual ~DatasetHub() = default;
  /// The paths of all files of a repository; of its cached snapshot where the network is off.
  virtual std::vector<std::string> list(const std::string& id, const std::string& revision) = 0;
  /// A file of the repository, downloaded where it is not cached.
  virtual std::filesystem::path fetch(const std::string& id, const std::string& revision, const std::string& path) = 0;
  /// The cached snapshot's files of a repository, without the network; nothing where it has none.
  virtual std::vector<std::string> cached(const std::string& id, const std::string& revision) = 0;
};

struct Places {
  Sources sources;
  std::filesystem::path data;               // `home`/data unless told
  std::filesystem::path promptsource;       // CAPPY_PROMPTSOURCE, else data/promptsource/templates
  std::shared_ptr<DatasetHub> dataset_hub;  // null: the Hub is not asked
};

/// Where the files of a split were found: what a user mapped may differ from what the task pins.
enum class Origin { kSources, kData, kHub, kLocal };
std::string to_string(Origin origin);  // "sources", "data folder", "Hub", "beside the task"

struct SplitFiles {
  std::vector<std::filesystem::path> files;  // BIG-bench: one folder with task.json
  Origin origin = Origin::kLocal;
};

/// The data of a task is nowhere: not an error of the task's file. `cappy tasks validate` says "absent".
class AbsentData : public core::FileError {
 public:
  using core::FileError::FileError;
};

/// The name in the `--sources` map of an authors' file: "promptsource_test" or "bigbench_data".
std::string authors_source(const std::string& id);

/// The files of a split. Throws AbsentData that says where it was looked for and how to get it; a place that is mapped
/// by --sources and lacks the split is never passed over for another.
SplitFiles find_split(const TaskSpec& spec, const std::string& split, const Places& places);
/// Whether a split could be read now without the network: its origin, or nothing.
std::optional<Origin> available(const TaskSpec& spec, const std::string& split, const Places& places);

}  // namespace tasks
