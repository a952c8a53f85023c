// Task files: what a key may be, and that the keys fit together. The reading itself is core::Yaml's.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"
#include "tasks/task.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;
using core::Yaml;

void read_data(const Yaml& data, TaskSpec& spec) {
  data.allow({"hub", "bigbench", "local", "config", "revision", "split", "train"});
  for (const char* kind : {"hub", "bigbench", "local"}) {
    const Yaml* id = data.find(kind);
    if (id == nullptr) continue;
    if (!spec.data_kind.empty()) id->fail("a second source beside " + spec.data_kind);
    spec.data_kind = kind;
    spec.data_id = id->string();
  }
  if (spec.data_kind.empty()) data.fail("names no source: one of hub, bigbench, local");
  for (const char* key : {"config", "revision"})
    if (const Yaml* value = data.find(key); value != nullptr && spec.data_kind != "hub")
      value->fail("belongs to hub alone");
  spec.data_config = data.string_or("config", "");
  spec.data_revision = data.string_or("revision", "");
  spec.test_split = data.at("split").string();
  spec.train_split = data.string_or("train", "");
  if (spec.train_split == spec.test_split) data.at("train").fail("is the split that is measured");
}

InlineTemplate read_inline_template(const Yaml& entry, const TaskSpec& spec) {
  entry.allow({"name", "instruction", "target", "choices"});
  InlineTemplate inline_template;
  inline_template.name = entry.at("name").string();
  inline_template.instruction = entry.at("instruction").string();
  inline_template.target = entry.string_or("target", "");
  inline_template.choices = entry.string_or("choices", "");
  inline_template.line = entry.at("instruction").line();
  if (spec.kind == core::TaskKind::kClassification) {
    entry.at("choices");
    entry.at("target");
  } else if (const Yaml* choices = entry.find("choices")) {
    choices->fail("a generation task has no choices");
  } else if (spec.references_column.empty() == inline_template.target.empty()) {
    entry.fail("the references come from `target` here or from `references` of the task: from one of the two");
  }
  for (const InlineTemplate& earlier : spec.inline_templates)
    if (earlier.name == inline_template.name) entry.at("name").fail("a second template of this name");
  return inline_template;
}

void read_promptsource(const Yaml& prompt, TaskSpec& spec) {
  spec.promptsource = prompt.at("promptsource").string();
  const Yaml* templates = prompt.find("templates");
  if (templates == nullptr) return;
  if (templates->is_list()) {
    spec.templates = "listed";
    spec.template_names = templates->strings();
    if (spec.template_names.empty()) templates->fail("an empty list");
  } else {
    templates->one_of({"original", "all"});
    spec.templates = templates->string();
  }
}

void read_prompt(const Yaml& prompt, TaskSpec& spec) {
  prompt.allow({"promptsource", "templates"});
  if (prompt.find("promptsource") != nullptr) return read_promptsource(prompt, spec);
  for (const Yaml& entry : prompt.at("templates").items())
    spec.inline_templates.push_back(read_inline_template(entry, spec));
  if (spec.inline_templates.empty()) prompt.at("templates").fail("an empty list");
}

void read_label(const Yaml& label, TaskSpec& spec) {
  label.allow({"column", "names", "missing"});
  if (spec.kind != core::TaskKind::kClassification) label.fail("a generation task has no label");
  spec.label_column = label.at("column").string();
  if (const Yaml* names = label.find("names")) spec.label_names = names->strings();
  if (const std::set<std::string> distinct(spec.label_names.begin(), spec.label_names.end());
      distinct.size() != spec.label_names.size())
    label.at("names").fail("a name twice");
  spec.label_missing = label.integer_or("missing", -1);
}

void read_references(const Yaml& references, TaskSpec& spec) {
  references.allow({"column"});
  if (spec.kind != core::TaskKind::kGeneration) references.fail("a classification task has choices, no references");
  spec.references_column = references.at("column").string();
}

void read_metric(const Yaml& task, TaskSpec& spec) {
  const bool generation = spec.kind == core::TaskKind::kGeneration;
  const std::string fitting = generation ? "rouge_l" : "accuracy";
  spec.metric = task.string_or("metric", fitting);
  if (spec.metric == fitting) return;
  task.at("metric").one_of({"rouge_l", "accuracy"});
  task.at("metric").fail(fmt::format("a {} task is measured by {}", core::to_string(spec.kind), fitting));
}

void read_instances(const Yaml& task, TaskSpec& spec) {
  if (const Yaml* references = task.find("references")) read_references(*references, spec);
  if (const Yaml* label = task.find("label")) read_label(*label, spec);
  if (spec.data_kind != "bigbench") return read_prompt(task.at("prompt"), spec);
  for (const char* key : {"prompt", "references", "label"})
    if (const Yaml* value = task.find(key)) value->fail("BIG-bench's task.json says it already");
  if (spec.kind != core::TaskKind::kGeneration) task.at("kind").fail("BIG-bench tasks are presented as generation");
}

/// Names and groups that a selection may use.
std::vector<std::string> selectable(const std::vector<TaskSpec>& specs) {
  std::set<std::string> names;
  for (const TaskSpec& spec : specs) {
    names.insert(spec.name);
    names.insert(spec.groups.begin(), spec.groups.end());
  }
  return {names.begin(), names.end()};
}

bool answers_to(const TaskSpec& spec, const std::string& name) {
  return spec.name == name || std::find(spec.groups.begin(), spec.groups.end(), name) != spec.groups.end();
}

}  // namespace

TaskSpec read_task(const fs::path& file) {
  const Yaml task = Yaml::from_file(file);
  task.allow({"task", "group", "kind", "data", "prompt", "label", "references", "metric", "version"});
  TaskSpec spec;
  spec.file = file;
  spec.name = task.at("task").string();
  if (const Yaml* group = task.find("group")) spec.groups = group->strings();
  const bool generation = task.at("kind").one_of({"classification", "generation"}) == 1;
  spec.kind = generation ? core::TaskKind::kGeneration : core::TaskKind::kClassification;
  spec.version = static_cast<int>(task.integer_or("version", 1));
  read_data(task.at("data"), spec);
  read_instances(task, spec);
  read_metric(task, spec);
  return spec;
}

std::vector<TaskSpec> all_tasks(const fs::path& home) {
  const fs::path folder = home / "tasks";
  if (!fs::is_directory(folder))
    throw core::FileError(folder.string(), "is no folder; --home names the one that holds tasks/");
  std::vector<TaskSpec> specs;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".yaml") specs.push_back(read_task(entry.path()));
  std::sort(specs.begin(), specs.end(), [](const TaskSpec& a, const TaskSpec& b) {
    return std::pair(a.name, a.file.native()) < std::pair(b.name, b.file.native());
  });
  for (std::size_t i = 1; i < specs.size(); ++i)
    if (specs[i].name == specs[i - 1].name)
      throw core::ConfigError(specs[i].file.string(), 0, "task",
                              "the name of " + specs[i - 1].file.string() + " again");
  return specs;
}

std::vector<TaskSpec> select_tasks(const fs::path& home, const std::vector<std::string>& names) {
  const std::vector<TaskSpec> specs = all_tasks(home);
  std::vector<TaskSpec> selected;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    bool found = false;
    for (const TaskSpec& spec : specs) {
      if (!answers_to(spec, name)) continue;
      found = true;
      if (taken.insert(spec.name).second) selected.push_back(spec);
    }
    if (!found)
      throw core::ConfigError(
          fmt::format("no task or group '{}'{}", name, core::did_you_mean(name, selectable(specs))));
  }
  return selected;
}

}  // namespace tasks
