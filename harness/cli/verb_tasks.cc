// `cappy tasks list | show | validate | export`: what is measured, and on which rows. Needs no model.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "harness/cli/options.h"
#include "harness/cli/task_options.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "tasks/load_task.h"
#include "tasks/task_keys.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

/// The names in `values`; throws where there are none or more than `most`.
Words names_of(const po::variables_map& values, const std::string& verb, std::size_t most) {
  const Words names = values.count("name") ? values["name"].as<Words>() : Words{};
  if (names.empty() || names.size() > most)
    throw core::UsageError(fmt::format("cappy {}: expected {}, got {}; see cappy {} --help", verb,
                                       most == 1 ? "one name" : "names", names.size(), verb));
  return names;
}

VerbSyntax syntax_with_names(const std::string& verb, const std::string& usage) {
  VerbSyntax syntax{verb, usage};
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  add_task_options(syntax.own);
  return syntax;
}

std::string data_of(const tasks::TaskSpec& spec) {
  const tasks::DataSpec& data = spec.data;
  const char* const kinds[] = {"hub", "bigbench", "local", "authors"};
  return fmt::format("{}:{}{}{}", kinds[static_cast<int>(data.kind)], data.id, data.config.empty() ? "" : "/",
                     data.config);
}

int run_list(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks list", "[TASK or GROUP ...]");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const tasks::Library library = read_task_options(find_home(common.home), values).library;
  const Words names = values.count("name") ? values["name"].as<Words>() : Words{};
  for (const tasks::TaskSpec& spec : names.empty() ? library.tasks() : library.select(names)) {
    std::string groups;
    for (const std::string& group : spec.groups) groups += (groups.empty() ? "" : ",") + group;
    std::cout << fmt::format("{:<45} {:<15} {:<9} {:<22} {}\n", spec.name, tasks::to_string(spec.kind), spec.metric,
                             groups, data_of(spec));
  }
  return 0;
}

int run_show(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks show", "TASK or GROUP");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = read_task_options(find_home(common.home), values);
  for (const tasks::TaskSpec& spec : options.library.select(names_of(values, "tasks show", 1)))
    std::cout << "# " << fs::relative(spec.file, options.home).string() << '\n' << core::read_file(spec.file);
  return 0;
}

int run_validate(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks validate", "FILE ...");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const tasks::Places places = read_task_options(find_home(common.home), values).places;
  for (const std::string& file : names_of(values, "tasks validate", SIZE_MAX)) {
    const tasks::TaskSpec spec = tasks::read_task(file);
    if (spec.prompt.promptsource.empty() || fs::is_directory(places.promptsource)) tasks::templates_of(spec, places);
    std::string rows;
    if (spec.data.kind == tasks::DataKind::kLocal && !spec.data.test_split.empty())
      rows = fmt::format(", {} rows", load_task(spec, tasks::Split::kTest, places).summary.rows);
    std::cout << fmt::format("{}: task {}, {}{}: valid\n", file, spec.name, tasks::to_string(spec.kind), rows);
  }
  return 0;
}

core::Json export_row(const core::Instance& instance) {
  core::Json::Object row = {{"id", instance.id}, {"instruction", instance.instruction}};
  const bool generation = instance.choices.empty();
  core::Json::Array texts;
  for (const std::string& text : generation ? instance.references : instance.choices) texts.emplace_back(text);
  row.emplace_back(generation ? "references" : "choices", std::move(texts));
  if (instance.label) row.emplace_back("label", *instance.label);
  return row;
}

/// What became of the rows, so that none is left out unnoticed.
std::string counts_of(const tasks::LoadedTask& task) {
  const tasks::SplitSummary& summary = task.summary;
  std::string line = fmt::format("{}: {} rows, {} instances, {} skipped by templates, {} unlabelled", task.spec.name,
                                 summary.rows, summary.instances, summary.skipped, summary.unlabelled);
  if (summary.empty_references > 0) line += fmt::format(", {} with an empty reference", summary.empty_references);
  if (summary.cut_values > 0) line += fmt::format(", {} with a value cut to 2,048 characters", summary.cut_values);
  for (const std::string& warning : summary.warnings) line += "\nwarning: " + warning;
  return line;
}

/// BIG-bench has no split of the name `test`: the measured one is meant.
std::string split_of(const tasks::TaskSpec& spec, const po::variables_map& values) {
  if (!values.count("split") && spec.data.test_split.empty()) return spec.data.train_split;
  if (!values.count("split")) return spec.data.test_split;
  const auto split = values["split"].as<std::string>();
  if (spec.data.kind != tasks::DataKind::kBigbench) return split;
  if (split != "test" && split != "train" && split != "validation" && split != "default")
    throw core::UsageError("--split " + split + ": BIG-bench has train, validation and default");
  return split == "test" ? spec.data.test_split : split;
}

int run_export(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks export", "TASK [--split S] [--data DIR] > rows.jsonl");
  // clang-format off
  syntax.own.add_options()
    ("split", po::value<std::string>()->value_name("S"), "train, validation, test, ...; default: the one that is measured");
  // clang-format on
  add_data_option(syntax.own);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = read_task_options(find_home(common.home), values);
  const tasks::Places& places = options.places;
  const auto specs = options.library.select(names_of(values, "tasks export", 1));
  if (specs.size() != 1) throw core::UsageError("cappy tasks export: a group; expected one task");
  const tasks::LoadedTask task = tasks::load_split(specs[0], split_of(specs[0], values), places, common.limit);
  std::int64_t written = 0;
  for (const core::Instance& instance : task.instances) {
    if (common.limit >= 0 && written++ >= common.limit) break;
    std::cout << core::write_json(export_row(instance)) << '\n';
  }
  std::cout.flush();
  if (!std::cout) throw core::FileError("standard output", "cannot be written");
  std::cerr << counts_of(task) << '\n';
  return 0;
}

/// JSON Schema of task and group files, for editors.
int run_schema() {
  std::cout << core::write_json_pretty(tasks::task_schema());
  return 0;
}

}  // namespace

int run_tasks(const Words& words) {
  if (words.empty()) throw core::UsageError("cappy tasks: expected list, show, validate, export or schema");
  const Words rest(words.begin() + 1, words.end());
  if (words[0] == "list") return run_list(rest);
  if (words[0] == "show") return run_show(rest);
  if (words[0] == "validate") return run_validate(rest);
  if (words[0] == "export") return run_export(rest);
  if (words[0] == "schema") return run_schema();
  if (words[0] == "--help" || words[0] == "-h") {
    std::cout << "Usage: cappy tasks list | show | validate | export | schema, each with --help\n";
    return 0;
  }
  throw core::UsageError(fmt::format("cappy tasks: unknown '{}'{}", words[0],
                                     core::did_you_mean(words[0], {"list", "show", "validate", "export", "schema"})));
}

}  // namespace cli
