// The keys of task and group files: the one table from which the readers' strictness and the published JSON Schema
// (docs/schema/task.schema.json, `cappy tasks schema`) are made.
#pragma once

#include "harness/core/yaml_keys.h"

namespace tasks {

/// A file with the key `task`.
const core::YamlShape& task_keys();
/// A file with `group` and `tasks`, but no `task`.
const core::YamlShape& group_keys();
/// The map behind the key `few_shot`, of experiments, too.
core::YamlShape few_shot_keys();
/// The schema of both.
core::Json task_schema();

}  // namespace tasks
