// `cappy tasks export`: a split's instances as JSON Lines, one at a time.
#include <fmt/format.h>

#include <iostream>

#include "harness/cli/tasks_verbs.h"
#include "harness/core/errors.h"

namespace cli {
namespace {

core::Json export_row(const core::Instance& instance) {
  core::Json::Object row = {{"id", instance.id}, {"instruction", instance.instruction}};
  if (!instance.shots.empty()) row.emplace_back("shots", instance.shots);
  const bool generation = instance.choices.empty();
  core::Json::Array texts;
  for (const std::string& text : generation ? instance.references : instance.choices) texts.emplace_back(text);
  row.emplace_back(generation ? "references" : "choices", std::move(texts));
  if (instance.label) row.emplace_back("label", *instance.label);
  return row;
}

}  // namespace

int run_tasks_export(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks export", "TASK [--split S] [--data DIR] > rows.jsonl");
  add_one_task_options(syntax.own);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = open_tasks(syntax.verb, common, values, Network::kAllowed);
  const tasks::TaskSpec spec = one_task(syntax.verb, options, values);
  std::int64_t written = 0;
  const auto summary =
      tasks::stream_split(spec, split_in(spec, values), options.places, common.limit, [&](core::Instance&& instance) {
        if (common.limit < 0 || written++ < common.limit) std::cout << core::write_json(export_row(instance)) << '\n';
        if (!std::cout) throw core::FileError("standard output", "cannot be written");
      });
  std::cout.flush();
  if (!std::cout) throw core::FileError("standard output", "cannot be written");
  for (const std::string& warning : summary.warnings) std::cerr << "warning: " << warning << '\n';
  std::cerr << counts_of(spec.name, summary) << '\n';
  return 0;
}

}  // namespace cli
