// What one experiment changes of tasks or groups: templates, split, rows, examples before instructions. The tasks'
// files stay what they are.
//
//   task_options:
//     promptsource-heldout: {limit: 100}
//     crows_pairs: {templates: with-choices, split: test}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/few_shot.h"
#include "tasks/library.h"

namespace core {
class Json;
class Yaml;
}  // namespace core

namespace run {

struct Experiment;

struct TaskOptions {
  std::string name;                         // of a task or a group
  int line = 0;                             // of the experiment's file
  std::string templates;                    // original, all, with-choices or listed; empty: as the task says
  std::vector<std::string> template_names;  // of "listed"
  std::string split;                        // that is measured; empty: as the task says
  std::optional<tasks::FewShot> few_shot;
  std::optional<std::int64_t> limit;  // rows
};

/// The map behind the key `task_options`, whose form is checked already.
std::vector<TaskOptions> read_task_options(const core::Yaml& map);
/// What the two read back.
core::Json to_json(const std::vector<TaskOptions>& options);
core::Json to_json(const tasks::FewShot& few_shot);

/// A task as the experiment measures it.
struct MeasuredTask {
  tasks::TaskSpec spec;
  std::int64_t limit = -1;  // rows; -1: all
};

/// The tasks of the experiment with its changes: `few_shot` and `limit` first, then the task options in the order of
/// the file, so that a later one of the same task wins. Throws core::ConfigError: an unknown name, options that change
/// no task of the experiment, templates that a task cannot have, a task that is for training alone.
std::vector<MeasuredTask> measured_tasks(const Experiment& experiment, const tasks::Library& library);

}  // namespace run
