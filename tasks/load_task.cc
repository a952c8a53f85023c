// From rows to instances: every row under every template of the task, in the order of rows, then of template names.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/bigbench.h"
#include "tasks/class_label.h"
#include "tasks/dataset.h"
#include "tasks/promptsource.h"
#include "tasks/task.h"

namespace tasks {
namespace {

constexpr std::size_t kShownCharacters = 60;  // of a text in a message

std::string shown(const std::string& text) {
  const std::u32string characters = core::to_code_points(text);
  if (characters.size() <= kShownCharacters) return "'" + text + "'";
  return "'" + core::to_utf8(characters.substr(0, kShownCharacters)) + "…'";
}

/// An inline template is one of PromptSource's that stands in the task's own file.
PromptTemplate from_inline(const TaskSpec& spec, const InlineTemplate& text) {
  PromptTemplate prompt;
  prompt.dataset = spec.name;
  prompt.name = text.name;
  prompt.jinja = text.instruction + " ||| " + text.target;
  if (!text.choices.empty()) prompt.answer_choices = text.choices;
  try {
    prompt.compile();
  } catch (const std::runtime_error& error) {
    throw core::ConfigError(spec.file.string(), text.line, "prompt.templates",
                            fmt::format("'{}': {}", text.name, error.what()));
  }
  return prompt;
}

std::vector<PromptTemplate> templates_of(const TaskSpec& spec, const Places& places) {
  std::vector<PromptTemplate> templates;
  for (const InlineTemplate& text : spec.inline_templates) templates.push_back(from_inline(spec, text));
  if (!spec.promptsource.empty()) {
    const std::vector<PromptTemplate> all = load_templates(places.promptsource, spec.promptsource);
    const bool listed = spec.templates == "listed";
    for (const std::string& which : listed ? spec.template_names : std::vector<std::string>{spec.templates})
      for (PromptTemplate& prompt : select_templates(all, which)) templates.push_back(std::move(prompt));
  }
  if (templates.empty())
    throw core::ConfigError(spec.file.string(), 0, "prompt.templates", fmt::format("{} has none", spec.promptsource));
  for (const PromptTemplate& prompt : templates) prompt.compile();
  return templates;
}

/// The first of equal choices; correctness is compared by text, so the later ones count too.
void set_label(const std::string& target, core::Instance& instance) {
  if (instance.choices.size() < 2) throw std::runtime_error("fewer than two choices");
  const auto place = std::find(instance.choices.begin(), instance.choices.end(), target);
  if (place == instance.choices.end()) {
    std::string choices;
    for (const std::string& choice : instance.choices) choices += (choices.empty() ? "" : ", ") + shown(choice);
    throw std::runtime_error(fmt::format("the target {} is none of the choices: {}", shown(target), choices));
  }
  instance.label = place - instance.choices.begin();
}

std::vector<std::string> references_of(const TaskSpec& spec, const Row& row, const std::string& target) {
  if (spec.references_column.empty()) return {target};
  const core::Json& column = row.columns.at(spec.references_column);
  std::vector<std::string> references;
  try {
    references = column.is_string() ? std::vector<std::string>{column.as_string()} : column.as_strings();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("column '{}': {}", spec.references_column, error.what()));
  }
  if (references.empty())
    throw std::runtime_error(fmt::format("column '{}': an empty list of references", spec.references_column));
  return references;
}

/// Nothing where the template skips the row.
std::optional<core::Instance> render_instance(const TaskSpec& spec, const PromptTemplate& prompt, const Row& row) {
  PromptTemplate::Rendered rendered = prompt.render(row.columns);
  if (!rendered.instruction || !rendered.target) return std::nullopt;
  core::Instance instance;
  instance.template_name = prompt.name;
  instance.instruction = std::move(*rendered.instruction);
  if (spec.kind == core::TaskKind::kGeneration) {
    instance.references = references_of(spec, row, *rendered.target);
    return instance;
  }
  if (!rendered.choices) throw std::runtime_error("a classification task needs a template with answer choices");
  instance.choices = std::move(*rendered.choices);
  set_label(*rendered.target, instance);
  return instance;
}

/// A column that a task reads, and who reads it.
struct NeededColumn {
  std::string name, reader;
};

std::vector<NeededColumn> needed_columns(const TaskSpec& spec, const std::vector<PromptTemplate>& templates) {
  std::vector<NeededColumn> needed;
  if (!spec.references_column.empty()) needed.push_back({spec.references_column, "references.column"});
  for (const PromptTemplate& prompt : templates)
    for (std::string& name : prompt.needed_columns())
      needed.push_back({std::move(name), fmt::format("template '{}'", prompt.name)});
  std::set<std::string> seen;
  std::erase_if(needed, [&](const NeededColumn& column) { return !seen.insert(column.name).second; });
  return needed;
}

/// To Jinja an absent column is an empty text, so a cut or wrong file would give instances all the same.
void check_columns(const std::vector<NeededColumn>& needed, const Row& row) {
  for (const auto& [name, reader] : needed) {
    if (row.columns.find(name) != nullptr) continue;
    std::vector<std::string> columns;
    for (const auto& [column, value] : row.columns.as_object()) columns.push_back(column);
    throw core::FileError(
        row.place, fmt::format("no column '{}', which {} reads{}", name, reader, core::did_you_mean(name, columns)));
  }
}

void add_instance(const PromptTemplate& prompt, const Row& row, LoadedTask& task) {
  try {
    std::optional<core::Instance> instance = render_instance(task.spec, prompt, row);
    if (!instance) {
      ++task.skipped;
      return;
    }
    instance->id = fmt::format("{}/{}", task.rows, prompt.name);
    task.instances.push_back(std::move(*instance));
  } catch (const std::exception& error) {
    throw core::FileError(row.place, fmt::format("template '{}': {}", prompt.name, error.what()));
  }
}

void load_rendered(const std::string& split, const Places& places, std::int64_t limit, LoadedTask& task) {
  const std::vector<PromptTemplate> templates = templates_of(task.spec, places);
  const std::vector<NeededColumn> needed = needed_columns(task.spec, templates);
  for (Row& row : read_rows(find_split(task.spec, split, places), limit)) {
    check_columns(needed, row);
    if (encode_label(task.spec, row)) {
      for (const PromptTemplate& prompt : templates) add_instance(prompt, row, task);
    } else {
      ++task.unlabelled;
    }
    ++task.rows;
  }
}

void load_bigbench(const std::string& split, const Places& places, std::int64_t limit, LoadedTask& task) {
  for (BigbenchRow& row : bigbench_rows(find_bigbench(task.spec, places), split)) {
    if (limit >= 0 && task.rows >= limit) break;
    core::Instance instance;
    instance.id = std::to_string(task.rows++);
    instance.instruction = std::move(row.inputs);
    instance.references = std::move(row.targets);
    task.instances.push_back(std::move(instance));
  }
}

std::int64_t count_empty_references(const std::vector<core::Instance>& instances) {
  return std::count_if(instances.begin(), instances.end(), [](const core::Instance& instance) {
    return std::any_of(instance.references.begin(), instance.references.end(),
                       [](const std::string& text) { return core::strip(text).empty(); });
  });
}

/// Of what the instances are, not of the files they came from: a copy of the data elsewhere gives the same results.
std::string fingerprint_of(const LoadedTask& task, const std::string& split) {
  core::Hasher hasher;
  hasher.add(core::write_json(core::Yaml::from_file(task.spec.file).to_json()) + "\n" + split + "\n");
  for (const core::Instance& instance : task.instances) hasher.add(core::write_json(core::to_json(instance)) + "\n");
  return hasher.hex();
}

}  // namespace

LoadedTask load_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit) {
  LoadedTask task;
  task.spec = spec;
  if (spec.data_kind == "bigbench")
    load_bigbench(split, places, limit, task);
  else
    load_rendered(split, places, limit, task);
  if (task.rows == 0 && limit != 0)
    throw core::FileError(spec.file.string(), fmt::format("the split '{}' has no rows", split));
  task.empty_references = count_empty_references(task.instances);
  task.fingerprint = fingerprint_of(task, split);
  return task;
}

LoadedTask load_task(const TaskSpec& spec, Split split, const Places& places, std::int64_t limit) {
  if (split == Split::kTest) return load_split(spec, spec.test_split, places, limit);
  if (spec.train_split.empty())
    throw core::ConfigError(spec.file.string(), 0, "data.train", "is missing: no training split");
  return load_split(spec, spec.train_split, places, limit);
}

void check_templates(const TaskSpec& spec, const Places& places) {
  if (spec.data_kind == "bigbench") return;
  if (!spec.promptsource.empty() && !std::filesystem::is_directory(places.promptsource)) return;
  templates_of(spec, places);
}

}  // namespace tasks
