// One task file, `tasks/**/*.yaml`: where its rows come from, how they become instances, what is measured. Keys and
// their meaning are in task_keys.cc, which is also what the published JSON Schema is written from; docs/tasks.md
// explains them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/records.h"
#include "tasks/few_shot.h"
#include "tasks/rows.h"

namespace tasks {

/// What a task is. A mixed task is for training alone: each of its templates decides by whether it has answer choices,
/// as T0's mixture does.
enum class Kind { kClassification, kGeneration, kMixed };
std::string to_string(Kind kind);

enum class DataKind {
  kHub,       // `hub: ORG/NAME`: rows of a data set of the Hub, or of the publisher's raw files mapped by --sources
  kBigbench,  // `bigbench: TASK`: task.json of BIG-bench
  kLocal,     // `local: PREFIX` or `files:` alone: rows beside the task file
  kAuthors    // `authors: promptsource_test | bigbench`: files of the published repository, already instances
};

/// One phrasing that is written in the task's own file, as Jinja over the columns of a row.
struct InlineTemplate {
  std::string name;
  std::string instruction;
  std::string target;   // empty for generation with a column of references
  std::string choices;  // "Yes ||| No"; empty for generation
  int line = 0;         // of the task's file, for messages
};

/// The type that a column must have, checked at every row: a mistake in a file would otherwise render as text.
struct ColumnType {
  enum class Kind { kString, kInteger, kNumber, kBoolean, kList, kObject, kClass } kind = Kind::kString;
  std::vector<std::string> class_names;  // kClass: text becomes its index, as the Hub's ClassLabel does
};

/// `data:`.
struct DataSpec {
  DataKind kind = DataKind::kLocal;
  std::string id;           // Hub id, BIG-bench task, prefix relative to the task file, or the authors' file
  std::string config;       // configuration of a Hub data set; the authors' `dataset_name` or `dataset`; may be empty
  std::string revision;     // may be empty: main
  std::string test_split;   // the split that is measured; empty for a task that is for training alone
  std::string train_split;  // empty where the task has none
  std::map<std::string, std::vector<std::string>> files;  // split -> patterns, relative to repository or task file
  std::map<std::string, std::int64_t> rows;               // split -> pinned number of rows
  std::map<std::string, ColumnType> columns;
  TableFormat table;
  std::vector<std::pair<std::string, std::string>> rename;  // raw name -> the name that the Hub's loader gave
  std::string loader;  // a named detail of the Hub's loading script (loader_scripts.h); empty: none
};

/// `prompt:`.
struct PromptSpec {
  std::string promptsource;            // "super_glue/rte"; empty where the prompt is inline or the rows are instances
  std::string templates = "original";  // "original", "all", "with-choices" or "listed": the names in `template_names`
  std::vector<std::string> template_names;
  std::vector<InlineTemplate> inline_templates;
  bool truncate = false;   // values of more than 2,048 characters are cut; true for PromptSource unless it is told
  std::uint64_t seed = 0;  // of the filters `choice` and `random`
};

/// Rates of a training mixture, as T0 took them.
struct MixtureSpec {
  std::int64_t cap = 0;  // examples of all templates of a set with more rows than this; 0: none
};

/// Where the data come from, for people: shown by `cappy tasks list` and in reports.
struct Provenance {
  std::string homepage, licence, note;
  bool unproven = false;             // the rows were never compared with an independent source
  std::vector<std::string> seen_by;  // families of models that had the set in training: "flan", "t0", "opt-iml"
};

struct TaskSpec {
  std::string name;
  std::string description;
  std::filesystem::path file;       // for messages
  std::vector<std::string> groups;  // that the task's own file names
  Kind kind = Kind::kGeneration;
  DataSpec data;
  PromptSpec prompt;
  std::string references_column;  // generation: a column with a list of texts, or one text
  std::string label_column;       // classification
  /// Classes in the order of their ids, each with the spellings that raw files use: {"entailment", "e"}.
  std::vector<std::vector<std::string>> label_names;
  std::int64_t label_missing = -1;  // label of unlabelled rows
  std::string metric;               // "rouge_l" or "accuracy"; empty for a task that is for training alone
  FewShot few_shot;
  MixtureSpec mixture;
  Provenance provenance;
  int version = 1;

  core::TaskKind measured_kind() const;  // throws std::logic_error for a mixed task
};

/// Parses one file. Throws core::ConfigError with file, line, key and a suggestion.
TaskSpec read_task(const std::filesystem::path& file);

/// The line of a key of the task's file, given by its path: {"data", "rows", "test"}; of the last that is there. For
/// messages about what shows when rows are read.
int line_of_key(const TaskSpec& spec, const std::vector<std::string>& path);

}  // namespace tasks
