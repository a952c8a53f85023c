// The keys of an experiment file: the one table from which the reader's strictness and the published JSON Schema
// (docs/schema/experiment.schema.json, `cappy tasks schema experiment`) are made.
#pragma once

#include "harness/core/yaml_keys.h"

namespace run {

const core::YamlShape& experiment_keys();
core::Json experiment_schema();

}  // namespace run
