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

/// BIG-bench has no split of the name `test`: the measured one is meant.
std::string split_of(const tasks::TaskSpec& spec, const po::variables_map& values) {
  if (!values.count("split")) return main_split(spec);
  const auto split = values["split"].as<std::string>();
  if (spec.data.kind != tasks::DataKind::kBigbench) return split;
  if (split != "test" && split != "train" && split != "validation" && split != "default")
    throw core::UsageError("--split " + split + ": BIG-bench has train, validation and default");
  return split == "test" ? spec.data.test_split : split;
}

}  // namespace

int run_tasks_export(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks export", "TASK [--split S] [--data DIR] > rows.jsonl");
  add_task_options(syntax.own);
  add_data_option(syntax.own);
  // clang-format off
  syntax.own.add_options()
    ("split", po::value<std::string>()->value_name("S"), "train, validation, test, ...; default: the one that is measured")
    ("few-shot", po::value<std::int64_t>()->value_name("K"), "solved examples in front (field shots); default: as the task says");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = open_tasks(syntax.verb, common, values, Network::kAllowed);
  const Words names = names_in(values);
  if (names.size() != 1) throw core::UsageError("cappy tasks export: expected one task; see cappy tasks export --help");
  auto specs = options.library.select(names);
  if (specs.size() != 1) throw core::UsageError("cappy tasks export: a group; expected one task");
  if (values.count("few-shot")) specs[0].few_shot.k = few_shot_in(values);
  std::int64_t written = 0;
  const auto summary = tasks::stream_split(specs[0], split_of(specs[0], values), options.places, common.limit,
                                           [&](core::Instance&& instance) {
                                             if (common.limit < 0 || written++ < common.limit)
                                               std::cout << core::write_json(export_row(instance)) << '\n';
                                             if (!std::cout)
                                               throw core::FileError("standard output", "cannot be written");
                                           });
  std::cout.flush();
  if (!std::cout) throw core::FileError("standard output", "cannot be written");
  for (const std::string& warning : summary.warnings) std::cerr << "warning: " << warning << '\n';
  std::cerr << counts_of(specs[0].name, summary) << '\n';
  return 0;
}

}  // namespace cli
