// `cappy tasks …`: what is measured, and on which rows. Needs no model.
#include <fmt/format.h>

#include <iostream>

#include "harness/cli/tasks_verbs.h"
#include "harness/core/errors.h"
#include "harness/core/progress.h"

namespace cli {
namespace {

struct Word {
  const char* name;
  const char* summary;
  int (*run)(const Words&);
};

constexpr Word kWords[] = {
    {"list", "all tasks: kind, rows, templates, source, licence, and whether the rows are here", run_tasks_list},
    {"show", "one example as the model reads it, choices and target marked", run_tasks_show},
    {"validate", "loads and renders tasks in full and checks them", run_tasks_validate},
    {"export", "a split's instances as JSON Lines", run_tasks_export},
    {"new", "a commented task file to start from", run_tasks_new},
    {"schema", "the JSON Schema of task and experiment files, for editors", run_tasks_schema},
};

int help() {
  std::cout << "Usage: cappy tasks WORD ..., each with --help\n\n";
  for (const Word& word : kWords) std::cout << fmt::format("  {:<10} {}\n", word.name, word.summary);
  return 0;
}

std::string kind_of(tasks::DataKind kind) {
  switch (kind) {
    case tasks::DataKind::kHub:
      return "hub";
    case tasks::DataKind::kBigbench:
      return "bigbench";
    case tasks::DataKind::kLocal:
      return "local";
    case tasks::DataKind::kAuthors:
      return "authors";
  }
  return "";
}

}  // namespace

VerbSyntax syntax_with_names(const std::string& verb, const std::string& usage) {
  VerbSyntax syntax{verb, usage};
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  return syntax;
}

Words names_in(const po::variables_map& values) { return values.count("name") ? values["name"].as<Words>() : Words{}; }

TaskOptions open_tasks(const std::string& verb, const CommonOptions& common, const po::variables_map& values,
                       Network network) {
  TaskOptions options = read_task_options(find_home(common.home), values);
  options.places.dataset_hub = make_dataset_hub(verb, core::progress_mode_from(common.progress), network);
  return options;
}

void add_one_task_options(po::options_description& options) {
  add_task_options(options);
  add_data_option(options);
  // clang-format off
  options.add_options()
    ("split", po::value<std::string>()->value_name("S"), "train, validation, test, ...; default: the one that is measured")
    ("few-shot", po::value<std::int64_t>()->value_name("K"), "solved examples in front; default: as the task says");
  // clang-format on
}

tasks::TaskSpec one_task(const std::string& verb, const TaskOptions& options, const po::variables_map& values) {
  const Words names = names_in(values);
  if (names.size() != 1)
    throw core::UsageError(fmt::format("cappy {}: expected one task; see cappy {} --help", verb, verb));
  std::vector<tasks::TaskSpec> specs = options.library.select(names);
  if (specs.size() != 1 || specs[0].name != names[0])
    throw core::UsageError(fmt::format("cappy {}: {} is a group; expected one task", verb, names[0]));
  if (values.count("few-shot")) specs[0].few_shot.k = values["few-shot"].as<std::int64_t>();
  if (specs[0].few_shot.k < 0) throw core::UsageError("--few-shot: expected a whole number from 0");
  return std::move(specs[0]);
}

std::string source_of(const tasks::TaskSpec& spec) {
  if (spec.data.kind == tasks::DataKind::kLocal && spec.data.id.empty()) return "files beside the task";
  return fmt::format("{}:{}{}{}", kind_of(spec.data.kind), spec.data.id, spec.data.config.empty() ? "" : "/",
                     spec.data.config);
}

const std::string& main_split(const tasks::TaskSpec& spec) {
  return spec.data.test_split.empty() ? spec.data.train_split : spec.data.test_split;
}

/// BIG-bench has no split of the name `test`: the measured one is meant.
std::string split_in(const tasks::TaskSpec& spec, const po::variables_map& values) {
  if (!values.count("split")) return main_split(spec);
  const auto split = values["split"].as<std::string>();
  if (spec.data.kind != tasks::DataKind::kBigbench) return split;
  if (split != "test" && split != "train" && split != "validation" && split != "default")
    throw core::UsageError("--split " + split + ": BIG-bench has train, validation and default");
  return split == "test" ? spec.data.test_split : split;
}

std::string counts_of(const std::string& task, const tasks::SplitSummary& summary) {
  std::string line = fmt::format("{}: {} rows, {} instances, {} skipped by templates, {} unlabelled", task,
                                 summary.rows, summary.instances, summary.skipped, summary.unlabelled);
  if (summary.empty_references > 0) line += fmt::format(", {} with an empty reference", summary.empty_references);
  return line;
}

int run_tasks(const Words& words) {
  std::vector<std::string> names;
  for (const Word& word : kWords) names.emplace_back(word.name);
  if (words.empty()) throw core::UsageError("cappy tasks: expected one of list, show, validate, export, new, schema");
  if (words[0] == "--help" || words[0] == "-h") return help();
  for (const Word& word : kWords)
    if (words[0] == word.name) return word.run(Words(words.begin() + 1, words.end()));
  throw core::UsageError(fmt::format("cappy tasks: unknown '{}'{}", words[0], core::did_you_mean(words[0], names)));
}

}  // namespace cli
