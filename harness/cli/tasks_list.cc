// `cappy tasks list`: every task in a table, without reading a row: counts are those that the task files pin.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "harness/cli/tasks_verbs.h"
#include "harness/core/json.h"
#include "harness/core/text.h"
#include "reports/plain.h"
#include "tasks/mixture.h"

namespace cli {
namespace {

/// What the table shows of a task.
struct Listed {
  const tasks::TaskSpec* spec = nullptr;
  std::optional<std::int64_t> rows;       // pinned
  std::optional<std::int64_t> templates;  // nothing where PromptSource is not there; 1 where rows are instances
  std::optional<tasks::Origin> origin;    // nothing: not here

  std::optional<std::int64_t> instances() const {
    return rows && templates ? std::optional(*rows * *templates) : std::nullopt;
  }
  /// Examples that a training mixture takes; nothing outside of one.
  std::optional<std::int64_t> after_caps() const {
    if (spec->mixture.cap == 0 || !templates) return std::nullopt;
    const auto counts = tasks::mixture_counts(*spec, *templates);
    return counts ? std::optional(counts->examples_after) : std::nullopt;
  }
};

bool has_templates(const tasks::TaskSpec& spec) {
  return !spec.prompt.promptsource.empty() || !spec.prompt.inline_templates.empty();
}

Listed listed(const tasks::TaskSpec& spec, const tasks::Places& places) {
  Listed entry{&spec, std::nullopt, std::nullopt, tasks::available(spec, main_split(spec), places)};
  if (const auto pinned = spec.data.rows.find(main_split(spec)); pinned != spec.data.rows.end())
    entry.rows = pinned->second;
  if (!has_templates(spec))
    entry.templates = 1;
  else if (spec.prompt.promptsource.empty() || std::filesystem::is_directory(places.promptsource))
    entry.templates = static_cast<std::int64_t>(tasks::templates_of(spec, places).size());
  return entry;
}

std::string with_commas(std::optional<std::int64_t> number) {
  if (!number) return "?";
  const std::string digits = std::to_string(*number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

reports::Table table_of(const std::vector<Listed>& entries) {
  const bool mixture = std::any_of(entries.begin(), entries.end(), [](const Listed& e) { return e.after_caps(); });
  reports::Table table;
  table.columns = {"task", "kind", "split", "rows", "templates", "instances"};
  if (mixture) table.columns.push_back("after caps");
  for (const char* column : {"here", "source", "licence"}) table.columns.emplace_back(column);
  for (const Listed& entry : entries) {
    const tasks::TaskSpec& spec = *entry.spec;
    std::vector<std::string> row = {spec.name,
                                    tasks::to_string(spec.kind),
                                    main_split(spec),
                                    with_commas(entry.rows),
                                    has_templates(spec) ? with_commas(entry.templates) : "",
                                    with_commas(entry.instances())};
    if (mixture) row.push_back(entry.after_caps() ? with_commas(entry.after_caps()) : "");
    row.push_back(entry.origin ? tasks::to_string(*entry.origin) : "no");
    row.push_back(source_of(spec));
    row.push_back(spec.provenance.licence);
    reports::add_row(table, std::move(row));
  }
  return table;
}

core::Json optional_json(std::optional<std::int64_t> number) { return number ? core::Json(*number) : core::Json(); }

core::Json to_json(const Listed& entry) {
  const tasks::TaskSpec& spec = *entry.spec;
  core::Json::Array groups(spec.groups.begin(), spec.groups.end());
  core::Json::Array seen(spec.provenance.seen_by.begin(), spec.provenance.seen_by.end());
  return core::Json::Object{{"task", spec.name},
                            {"kind", tasks::to_string(spec.kind)},
                            {"groups", std::move(groups)},
                            {"split", main_split(spec)},
                            {"rows", optional_json(entry.rows)},
                            {"templates", optional_json(entry.templates)},
                            {"instances", optional_json(entry.instances())},
                            {"after_caps", optional_json(entry.after_caps())},
                            {"here", entry.origin ? core::Json(tasks::to_string(*entry.origin)) : core::Json()},
                            {"source", source_of(spec)},
                            {"licence", spec.provenance.licence},
                            {"seen_by", std::move(seen)},
                            {"unproven", spec.provenance.unproven},
                            {"file", spec.file.string()}};
}

void print_groups(const tasks::Library& library) {
  reports::Table table;
  table.columns = {"group", "tasks", "description"};
  for (const tasks::Group& group : library.groups())
    reports::add_row(table, {group.name, std::to_string(library.select({group.name}).size()), group.description});
  std::cout << reports::to_plain(table);
}

void print_table(const std::vector<Listed>& entries) {
  std::cout << reports::to_plain(table_of(entries));
  std::int64_t here = 0, before = 0, after = 0;
  for (const Listed& entry : entries) {
    here += entry.origin.has_value();
    if (!entry.after_caps()) continue;
    before += *entry.instances();
    after += *entry.after_caps();
  }
  std::cout << fmt::format("\n{} tasks, the rows of {} are here\n", entries.size(), here);
  if (after > 0)
    std::cout << fmt::format("training mixture: {} examples before the caps, {} after\n", with_commas(before),
                             with_commas(after));
}

}  // namespace

int run_tasks_list(const Words& words) {
  VerbSyntax syntax = syntax_with_names(
      "tasks list",
      "[TASK or GROUP ...] [options]\n\n"
      "Rows are those that the task files pin; instances are rows x templates, before templates skip any");
  add_task_options(syntax.own);
  add_data_option(syntax.own);
  syntax.own.add_options()("json", "one JSON object a line instead of the table")("groups", "list the groups");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = open_tasks(syntax.verb, common, values, Network::kOff);
  if (values.count("groups")) {
    print_groups(options.library);
    return 0;
  }
  const Words names = names_in(values);
  const std::vector<tasks::TaskSpec> specs = names.empty() ? options.library.tasks() : options.library.select(names);
  std::vector<Listed> entries;
  for (const tasks::TaskSpec& spec : specs) entries.push_back(listed(spec, options.places));
  if (!values.count("json")) {
    print_table(entries);
    return 0;
  }
  for (const Listed& entry : entries) std::cout << core::write_json(to_json(entry)) << '\n';
  return 0;
}

}  // namespace cli
