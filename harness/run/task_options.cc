#include "harness/run/task_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"
#include "harness/run/experiment.h"

namespace run {
namespace {

using core::Json;
using core::Yaml;

[[noreturn]] void refuse(const Experiment& experiment, const TaskOptions& options, const std::string& message) {
  throw core::ConfigError(experiment.file.string(), options.line, "task_options." + options.name, message);
}

TaskOptions read_options(const Yaml& map, const std::string& name) {
  TaskOptions options;
  options.name = name;
  options.line = map.line();
  if (const Yaml* templates = map.find("templates")) {
    options.templates = templates->is_list() ? "listed" : templates->string();
    if (templates->is_list()) options.template_names = templates->strings();
  }
  options.split = map.string_or("split", "");
  if (const Yaml* few_shot = map.find("few_shot")) options.few_shot = tasks::read_few_shot(*few_shot);
  if (const Yaml* limit = map.find("limit")) options.limit = limit->integer();
  return options;
}

/// Templates that stand in the task's own file are chosen by their names.
void choose_inline(const Experiment& experiment, const TaskOptions& options, tasks::TaskSpec& spec) {
  std::vector<tasks::InlineTemplate>& all = spec.prompt.inline_templates;
  std::vector<std::string> known;
  for (const tasks::InlineTemplate& one : all) known.push_back(one.name);
  if (options.templates != "listed" || known.empty())
    refuse(experiment, options,
           known.empty() ? fmt::format("{} has no templates", spec.name)
                         : fmt::format("the templates of {} stand in its own file: list their names", spec.name));
  for (const std::string& name : options.template_names) {
    if (std::ranges::find(known, name) == known.end())
      refuse(experiment, options,
             fmt::format("{} has no template '{}'{}", spec.name, name, core::did_you_mean(name, known)));
  }
  std::erase_if(all, [&](const tasks::InlineTemplate& one) {
    return std::ranges::find(options.template_names, one.name) == options.template_names.end();
  });
}

void apply(const Experiment& experiment, const TaskOptions& options, MeasuredTask& task) {
  if (!options.split.empty()) task.spec.data.test_split = options.split;
  if (options.few_shot) task.spec.few_shot = *options.few_shot;
  if (options.limit) task.limit = *options.limit;
  if (options.templates.empty()) return;
  if (task.spec.prompt.promptsource.empty()) return choose_inline(experiment, options, task.spec);
  task.spec.prompt.templates = options.templates;
  task.spec.prompt.template_names = options.template_names;
}

/// The names of the tasks that options speak of.
std::vector<std::string> names_of(const Experiment& experiment, const TaskOptions& options,
                                  const tasks::Library& library) {
  std::vector<std::string> names;
  try {
    for (const tasks::TaskSpec& spec : library.select({options.name})) names.push_back(spec.name);
  } catch (const core::ConfigError& error) {
    refuse(experiment, options, error.what());
  }
  return names;
}

void check_measured(const Experiment& experiment, const tasks::TaskSpec& spec) {
  const bool mixed = spec.kind == tasks::Kind::kMixed;
  if (!mixed && !spec.data.test_split.empty()) return;
  throw core::ConfigError(experiment.file.string(), 0, "tasks",
                          fmt::format("{} is for training alone: {}", spec.name,
                                      mixed ? "its kind is mixed" : "its file names no split that is measured"));
}

}  // namespace

std::vector<TaskOptions> read_task_options(const Yaml& map) {
  std::vector<TaskOptions> all;
  for (const std::string& name : map.keys()) all.push_back(read_options(map.at(name), name));
  return all;
}

Json to_json(const tasks::FewShot& few_shot) {
  return Json::Object{{"k", few_shot.k},
                      {"seed", static_cast<std::int64_t>(few_shot.seed)},
                      {"separator", few_shot.separator},
                      {"target_separator", few_shot.target_separator},
                      {"balanced", few_shot.balanced}};
}

Json to_json(const std::vector<TaskOptions>& all) {
  Json::Object map;
  for (const TaskOptions& options : all) {
    Json::Object object;
    if (options.templates == "listed") {
      object.emplace_back("templates", Json::Array(options.template_names.begin(), options.template_names.end()));
    } else if (!options.templates.empty()) {
      object.emplace_back("templates", options.templates);
    }
    if (!options.split.empty()) object.emplace_back("split", options.split);
    if (options.few_shot) object.emplace_back("few_shot", to_json(*options.few_shot));
    if (options.limit) object.emplace_back("limit", *options.limit);
    map.emplace_back(options.name, std::move(object));
  }
  return map;
}

std::vector<MeasuredTask> measured_tasks(const Experiment& experiment, const tasks::Library& library) {
  std::vector<MeasuredTask> all;
  for (tasks::TaskSpec& spec : library.select(experiment.tasks)) {
    all.push_back({std::move(spec), experiment.limit});
    if (experiment.few_shot) all.back().spec.few_shot = *experiment.few_shot;
  }
  for (const TaskOptions& options : experiment.task_options) {
    const std::vector<std::string> names = names_of(experiment, options, library);
    bool used = false;
    for (MeasuredTask& task : all) {
      if (std::ranges::find(names, task.spec.name) == names.end()) continue;
      apply(experiment, options, task);
      used = true;
    }
    if (!used) refuse(experiment, options, "is no task of this experiment");
  }
  for (const MeasuredTask& task : all) check_measured(experiment, task.spec);
  return all;
}

}  // namespace run
