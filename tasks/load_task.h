// From rows to instances: every row under every template of the task, in the order of rows, then of template names.
// Everything that can change an instance's bytes is in `fingerprint`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "tasks/places.h"
#include "tasks/promptsource.h"
#include "tasks/task_spec.h"

namespace tasks {

enum class Split { kTrain, kTest };

/// What became of the rows of a split, so that none is left out unnoticed.
struct SplitSummary {
  Origin origin = Origin::kLocal;
  std::int64_t rows = 0;
  std::int64_t instances = 0;
  std::int64_t skipped = 0;           // (row, template) pairs to which the template does not apply
  std::int64_t unlabelled = 0;        // classification rows left out for want of a label
  std::int64_t empty_references = 0;  // instances with a reference of white space alone (BIG-bench has some); kept
  std::int64_t cut_values = 0;        // (row, template) pairs with a value of more than 2,048 characters, cut
  std::vector<std::string> warnings;  // a row count other than the pinned one, for files that a user mapped
  std::string fingerprint;            // SHA-256 of the declaration, the split's name and every instance
};

struct LoadedTask {
  TaskSpec spec;
  SplitSummary summary;
  std::vector<core::Instance> instances;
};

/// Reads and renders a split, an instance at a time, in constant memory (BIG-bench shuffles: one task's rows are held).
/// `limit`: the first rows of the split (each with all its templates); < 0: all. Throws core::FileError,
/// core::ConfigError, AbsentData; a row without a column that its templates read, a value of another type than
/// declared, a target outside the choices and an empty reference list are errors that name the row.
SplitSummary stream_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit,
                          const std::function<void(core::Instance&&)>& take);

/// The same, kept. For BIG-bench "default" is a split, too (all rows in file order).
LoadedTask load_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit = -1);
/// The split that is measured, or the one for training.
LoadedTask load_task(const TaskSpec& spec, Split split, const Places& places, std::int64_t limit = -1);

/// The task's templates, compiled; those of PromptSource need `places.promptsource`. Throws core::ConfigError with the
/// line, jinja::TemplateError.
std::vector<PromptTemplate> templates_of(const TaskSpec& spec, const Places& places);

}  // namespace tasks
