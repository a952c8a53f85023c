#include "tasks/load_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/few_shot.h"
#include "tasks/instance_stream.h"

namespace tasks {
namespace {

PromptTemplate from_inline(const TaskSpec& spec, const InlineTemplate& text) {
  PromptTemplate prompt;
  prompt.dataset = spec.name;
  prompt.name = text.name;
  prompt.jinja = text.instruction;
  prompt.target = text.target;
  if (!text.choices.empty()) prompt.answer_choices = text.choices;
  try {
    prompt.compile();
  } catch (const std::runtime_error& error) {
    throw core::ConfigError(spec.file.string(), text.line, "prompt.templates",
                            fmt::format("'{}': {}", text.name, error.what()));
  }
  return prompt;
}

std::vector<PromptTemplate> package_templates(const TaskSpec& spec, const Places& places) {
  try {
    return load_templates(places.promptsource, spec.prompt.promptsource);
  } catch (const core::FileError& error) {
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"prompt", "promptsource"}), "prompt.promptsource",
                            error.what());
  }
}

std::vector<PromptTemplate> selected(const TaskSpec& spec, const std::vector<PromptTemplate>& all,
                                     const std::string& which) {
  try {
    return select_templates(all, which);
  } catch (const core::ConfigError& error) {
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"prompt", "templates"}), "prompt.templates",
                            error.what());
  }
}

/// Of what the instances are, not of the files they came from: a copy of the data elsewhere gives the same results.
core::Hasher begin_fingerprint(const TaskSpec& spec, const std::string& split) {
  core::Hasher hasher;
  const core::Json written = core::Yaml::from_file(spec.file).to_json();
  core::Json::Object declaration;
  for (const auto& [key, value] : written.as_object())
    if (key != "description" && key != "group" && key != "source") declaration.emplace_back(key, value);
  hasher.add(core::write_json(core::Json(std::move(declaration))) + "\n" + split + "\n");
  return hasher;
}

bool has_empty_reference(const core::Instance& instance) {
  return std::any_of(instance.references.begin(), instance.references.end(),
                     [](const std::string& text) { return core::strip(text).empty(); });
}

/// The number of rows that the task pins; what a user mapped may differ, and it is said.
void check_rows(const TaskSpec& spec, const std::string& split, SplitSummary& summary) {
  const auto pinned = spec.data.rows.find(split);
  if (pinned == spec.data.rows.end() || pinned->second == summary.rows) return;
  const std::string counts = fmt::format("{} rows where the task pins {}", summary.rows, pinned->second);
  if (summary.origin != Origin::kSources)
    throw core::FileError(
        fmt::format("{}:{}: data.rows.{}", spec.file.string(), line_of_key(spec, {"data", "rows", split}), split),
        fmt::format("{}: the data are incomplete or another version ({}); correct the number where it is "
                    "wrong",
                    counts, to_string(summary.origin)));
  summary.warnings.push_back(fmt::format("{}: {} (mapped by --sources)", spec.name, counts));
}

void add_counts(const InstanceStream& stream, SplitSummary& summary) {
  const InstanceStream::Counts& counts = stream.counts();
  summary.origin = stream.origin();
  summary.rows = counts.rows;
  summary.skipped = counts.skipped;
  summary.unlabelled = counts.unlabelled;
  summary.cut_values = counts.cut_values;
}

ShotPool fill_pool(const TaskSpec& spec, const Places& places) {
  if (spec.data.train_split.empty())
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"data"}), "data.train",
                            "is missing: the examples in front of instructions are taken from a training split");
  if (spec.few_shot.balanced && spec.kind != Kind::kClassification)
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"few_shot", "balanced"}), "few_shot.balanced",
                            "a generation task has no classes");
  ShotPool pool(spec.few_shot);
  const auto stream = open_instances(spec, spec.data.train_split, places);
  std::vector<core::Instance> instances;
  for (std::int64_t row = 0;; ++row) {
    const bool wanted = pool.wants(row);
    if (!stream->next(wanted ? &instances : nullptr)) break;
    if (wanted) pool.add(row, instances);
  }
  pool.close();
  return pool;
}

void add_shots(const ShotPool& pool, const TaskSpec& spec, std::optional<std::int64_t> own_row,
               core::Instance& instance) {
  try {
    instance.shots = pool.shots_for(instance, own_row);
  } catch (const std::runtime_error& error) {
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"few_shot", "k"}), "few_shot.k",
                            fmt::format("{}: {}", instance.id, error.what()));
  }
}

}  // namespace

std::vector<PromptTemplate> templates_of(const TaskSpec& spec, const Places& places) {
  std::vector<PromptTemplate> templates;
  const PromptSpec& prompt = spec.prompt;
  for (const InlineTemplate& text : prompt.inline_templates) templates.push_back(from_inline(spec, text));
  if (!prompt.promptsource.empty()) {
    const std::vector<PromptTemplate> all = package_templates(spec, places);
    const bool listed = prompt.templates == "listed";
    for (const std::string& which : listed ? prompt.template_names : std::vector<std::string>{prompt.templates})
      for (PromptTemplate& chosen : selected(spec, all, which)) templates.push_back(std::move(chosen));
  }
  const bool needs_templates = spec.data.kind == DataKind::kHub || spec.data.kind == DataKind::kLocal;
  if (templates.empty() && needs_templates)
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"prompt", "templates"}), "prompt.templates",
                            fmt::format("{} has none of them ({})", prompt.promptsource, prompt.templates));
  for (const PromptTemplate& chosen : templates) chosen.compile();
  return templates;
}

SplitSummary stream_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit,
                          const std::function<void(core::Instance&&)>& take) {
  std::optional<ShotPool> pool;
  if (spec.few_shot.k > 0) pool = fill_pool(spec, places);
  const auto stream = open_instances(spec, split, places);
  core::Hasher hasher = begin_fingerprint(spec, split);
  SplitSummary summary;
  std::vector<core::Instance> instances;
  bool ended = false;
  while (limit < 0 || stream->counts().rows < limit) {
    const std::int64_t row = stream->counts().rows;
    ended = !stream->next(&instances);
    if (ended) break;
    for (core::Instance& instance : instances) {
      if (pool) add_shots(*pool, spec, split == spec.data.train_split ? std::optional(row) : std::nullopt, instance);
      hasher.add(core::write_json(core::to_json(instance)) + "\n");
      ++summary.instances;
      summary.empty_references += has_empty_reference(instance);
      take(std::move(instance));
    }
  }
  add_counts(*stream, summary);
  if (summary.rows == 0 && limit != 0)
    throw core::FileError(fmt::format("{}:{}", spec.file.string(), line_of_key(spec, {"data"})),
                          fmt::format("the split '{}' has no rows", split));
  if (ended) check_rows(spec, split, summary);
  if (const std::int64_t lines = stream->counts().skipped_lines; lines > 0)
    summary.warnings.push_back(fmt::format("{}: {} lines of another number of cells passed over", spec.name, lines));
  summary.fingerprint = hasher.hex();
  return summary;
}

LoadedTask load_split(const TaskSpec& spec, const std::string& split, const Places& places, std::int64_t limit) {
  LoadedTask task;
  task.spec = spec;
  task.summary = stream_split(spec, split, places, limit,
                              [&](core::Instance&& instance) { task.instances.push_back(std::move(instance)); });
  return task;
}

LoadedTask load_task(const TaskSpec& spec, Split split, const Places& places, std::int64_t limit) {
  const bool test = split == Split::kTest;
  const std::string& name = test ? spec.data.test_split : spec.data.train_split;
  if (name.empty())
    throw core::ConfigError(spec.file.string(), line_of_key(spec, {"data"}), test ? "data.split" : "data.train",
                            test ? "is missing: the task is for training alone" : "is missing: no training split");
  return load_split(spec, name, places, limit);
}

}  // namespace tasks
