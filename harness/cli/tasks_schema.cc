// `cappy tasks schema [task | experiment]`: the JSON Schema by which editors complete and check the keys of a file.
#include <iostream>

#include "harness/cli/tasks_verbs.h"
#include "harness/core/errors.h"
#include "harness/run/experiment_keys.h"
#include "tasks/task_keys.h"

namespace cli {

int run_tasks_schema(const Words& words) {
  VerbSyntax syntax{"tasks schema",
                    "[task | experiment] > task.schema.json\n\nAlso in docs/schema, with how an editor is told of it"};
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const Words names = values.count("name") ? values["name"].as<Words>() : Words{"task"};
  if (names.size() != 1 || (names[0] != "task" && names[0] != "experiment"))
    throw core::UsageError("cappy tasks schema: expected task or experiment");
  std::cout << core::write_json_pretty(names[0] == "task" ? tasks::task_schema() : run::experiment_schema());
  return 0;
}

}  // namespace cli
