// A task: where its rows come from, how they become instances, what is measured. Declared in YAML under tasks/, loaded
// into instances. Everything that can change an instance's bytes is in `fingerprint`.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/core/records.h"

namespace tasks {

/// Where users keep data sets that live on the Hub or in a package: task name or Hub id -> folder or file, from a
/// `--sources` YAML file. Relative paths are relative to that file.
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

/// One phrasing that is written in the task's own file, as Jinja over the columns of a row.
struct InlineTemplate {
  std::string name;
  std::string instruction;
  std::string target;   // empty for generation with a column of references
  std::string choices;  // "Yes ||| No"; empty for generation
  int line = 0;         // of the task's file, for messages
};

/// One `tasks/**/*.yaml`.
struct TaskSpec {
  std::string name;
  core::TaskKind kind = core::TaskKind::kGeneration;
  std::filesystem::path file;       // for messages
  std::vector<std::string> groups;  // "miniature", "promptsource-heldout", …
  std::string metric;               // "rouge_l" or "accuracy"
  int version = 1;
  // data
  std::string data_kind;                // "hub", "bigbench" or "local" (rows that ship with the task)
  std::string data_id;                  // Hub id, BIG-bench task name, or path relative to the YAML file
  std::string data_config;              // configuration of a Hub data set; may be empty
  std::string data_revision;            // may be empty
  std::string test_split, train_split;  // train_split is empty where the task has none
  // instances
  std::string promptsource;            // "super_glue/rte"; empty where the prompt is inline or the rows are instances
  std::string templates = "original";  // "original", "all", or "listed": the names in `template_names`
  std::vector<std::string> template_names;
  std::vector<InlineTemplate> inline_templates;
  std::string references_column;  // generation: a column with a list of texts, or one text
  std::string label_column;       // classification
  std::vector<std::string>
      label_names;                  // class names, in the order of their ids, of columns that hold text or booleans
  std::int64_t label_missing = -1;  // label of unlabelled rows
};

/// Parses one file. Throws core::ConfigError with file, line, key and a suggestion.
TaskSpec read_task(const std::filesystem::path& file);
/// Every task under `home`/tasks, sorted by name.
std::vector<TaskSpec> all_tasks(const std::filesystem::path& home);
/// Tasks by name or group (`promptsource-heldout`, `bigbench-generation`, `miniature`), in the order given, without
/// repeats. Throws core::ConfigError with a suggestion.
std::vector<TaskSpec> select_tasks(const std::filesystem::path& home, const std::vector<std::string>& names);

/// Throws core::ConfigError, with a suggestion, for a name in the map that no task under `home` looks for. What other
/// experiments need may stand there.
void check_sources(const Sources& sources, const std::filesystem::path& home);

/// Where a task's rows are looked for: `sources` first, then `data` (what scripts/get_data made: bigbench/,
/// promptsource/).
struct Places {
  Sources sources;
  std::filesystem::path data;          // `home`/data unless told
  std::filesystem::path promptsource;  // CAPPY_PROMPTSOURCE, else data/promptsource/templates
};

enum class Split { kTrain, kTest };

struct LoadedTask {
  TaskSpec spec;
  std::vector<core::Instance> instances;
  std::int64_t rows = 0;              // of the split
  std::int64_t skipped = 0;           // (row, template) pairs to which the template does not apply
  std::int64_t unlabelled = 0;        // classification rows left out for want of a label
  std::int64_t empty_references = 0;  // instances with a reference of white space alone (BIG-bench has some); kept
  std::string fingerprint;            // SHA-256 of the declaration, the split's name and every instance
};

/// Reads and renders a split. `limit`: the first rows of the split (each with all its templates); < 0: all. Throws
/// core::FileError or core::ConfigError; a row without a column that its templates read, a target outside the choices
/// and an empty reference list are errors that name the row.
LoadedTask load_task(const TaskSpec& spec, Split split, const Places& places, std::int64_t limit = -1);
/// The same for a split by its own name: "validation", "train", and for BIG-bench also "default" (all rows in file
/// order).
LoadedTask load_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit = -1);

/// Parses the task's templates without reading a row; those of PromptSource only where `places` has the package's
/// folder. Throws core::ConfigError, jinja::TemplateError.
void check_templates(const TaskSpec& spec, const Places& places);

}  // namespace tasks
