#include "harness/run/run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <memory>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/run/file_lock.h"
#include "harness/run/outcome.h"
#include "harness/run/prepare.h"
#include "harness/run/run_folder.h"
#include "harness/run/task_data.h"

namespace run {
namespace {

using core::Json;
using core::TaskKind;

/// The evidence of one task under one backbone, as it grows from pass to pass.
struct Unit {
  Evidence evidence;
  const Model* backbone = nullptr;  // nullptr where none is involved

  TaskInput input() const { return {evidence.task, evidence.instances}; }
};

Unit make_unit(const tasks::LoadedTask& task, const Model* backbone) {
  Unit unit;
  unit.backbone = backbone;
  unit.evidence.task = task.spec.name;
  unit.evidence.kind = task.spec.measured_kind();
  unit.evidence.backbone = backbone == nullptr ? "" : backbone->choice.name;
  unit.evidence.instances = task.instances;
  if (task.spec.measured_kind() == TaskKind::kClassification) {
    for (const core::Instance& instance : task.instances) unit.evidence.responses.push_back(instance.choices);
  }
  return unit;
}

/// Backbone by backbone, tasks in order. Classification involves a backbone only where it is to rank the choices.
std::vector<Unit> make_units(const Experiment& experiment, const Prepared& prepared) {
  std::vector<Unit> units;
  const bool ranks_choices = experiment.uses_self_scores() && !prepared.backbones.empty();
  for (const Model& backbone : prepared.backbones) {
    for (const tasks::LoadedTask& task : prepared.tasks) {
      if (task.spec.measured_kind() == TaskKind::kGeneration || ranks_choices)
        units.push_back(make_unit(task, &backbone));
    }
  }
  for (const tasks::LoadedTask& task : prepared.tasks) {
    if (task.spec.measured_kind() == TaskKind::kClassification && !ranks_choices)
      units.push_back(make_unit(task, nullptr));
  }
  return units;
}

void generate_one(const StageContext& context, Unit& unit) {
  if (unit.evidence.kind != TaskKind::kGeneration) return;
  unit.evidence.generated = generate(context, unit.input(), *unit.backbone);
  for (const Generated& generated : unit.evidence.generated) {
    Responses& responses = unit.evidence.responses.emplace_back();
    for (const core::Candidate& candidate : generated.candidates) responses.push_back(candidate.response);
  }
}

/// Everything that one backbone computes, so that it is opened once.
void use_backbone(const StageContext& context, const Model& backbone, std::vector<Unit>& units) {
  for (Unit& unit : units) {
    if (unit.backbone == &backbone) generate_one(context, unit);
  }
  if (!context.experiment.uses_self_scores()) return;
  for (Unit& unit : units) {
    if (unit.backbone == &backbone) {
      unit.evidence.self_scored = self_score(context, unit.input(), backbone, unit.evidence.responses);
    }
  }
  for (Unit& unit : units) {
    if (unit.backbone == &backbone && context.experiment.uses(Method::kSelfScoreUnconditional)) {
      unit.evidence.unconditional = unconditional(context, unit.input(), backbone, unit.evidence.responses);
    }
  }
}

void annotate_all(const StageContext& context, const std::optional<Model>& metric, std::vector<Unit>& units) {
  for (Unit& unit : units) {
    if (unit.evidence.kind != TaskKind::kGeneration) continue;
    unit.evidence.metric = metric ? measure(context, unit.input(), *metric, unit.evidence.responses)
                                  : annotate(context, unit.input(), unit.evidence.responses);
  }
}

void score_all(const StageContext& context, const std::vector<Model>& scorers, std::vector<Unit>& units) {
  if (!context.experiment.uses(Method::kCappy)) return;
  for (const Model& scorer : scorers) {
    for (Unit& unit : units)
      unit.evidence.scored.push_back(score(context, unit.input(), scorer, unit.evidence.responses));
  }
}

/// Whom the numbers depend on beside models of ours.
std::string describe_external(const Experiment& experiment) {
  std::string text;
  for (const auto* models : {&experiment.backbones, &experiment.scorers}) {
    for (const ModelChoice& model : *models) {
      if (model.program) text += fmt::format(" {} is the program '{}'.", model.name, model.written);
      if (model.recorded)
        text += fmt::format(" {} was recorded: {} ({}).", model.name, model.written, to_string(model.recorded->format));
    }
  }
  if (experiment.metric) {
    text += fmt::format(" The metric of generation tasks is {}, by the program '{}'.", experiment.metric->name,
                        experiment.metric->written);
  }
  return text;
}

std::string describe_setting(const Experiment& experiment) {
  std::string text = fmt::format("Seeds: generate {}, random {}.", experiment.seeds.generate, experiment.seeds.random);
  if (experiment.limit >= 0) text += fmt::format(" At most {} rows per task.", experiment.limit);
  if (experiment.lengths.truncation_side == tokenizer::TruncationSide::kLeft) text += " Inputs are cut on the left.";
  text += describe_external(experiment);
  if (experiment.few_shot) {
    text += fmt::format(" {} solved examples in front of each instruction that a backbone reads{}, drawn with seed {}.",
                        experiment.few_shot->k, experiment.few_shot->balanced ? ", classes in turn" : "",
                        experiment.few_shot->seed);
  }
  return text;
}

std::vector<std::string> random_models(const Prepared& prepared) {
  std::vector<std::string> names;
  for (const auto* models : {&prepared.backbones, &prepared.scorers}) {
    for (const Model& model : *models) {
      if (model.is_random) names.push_back(model.choice.name);
    }
  }
  return names;
}

/// Cut on the right, an input with examples in front has lost what was asked.
void warn_of_lost_instructions(const Experiment& experiment, reports::RunSummary& summary) {
  if (experiment.lengths.truncation_side == tokenizer::TruncationSide::kLeft) return;
  for (reports::TaskData& data : summary.data) {
    for (const reports::TaskCounters& counters : summary.counters) {
      if (counters.task != data.task || data.shots == 0 || counters.inputs_cut == 0) continue;
      data.warnings.push_back(
          fmt::format("{} instructions that {} read lost their end behind the examples: set lengths.truncation_side to "
                      "left",
                      counters.inputs_cut, counters.backbone));
    }
  }
}

RunFiles judge_all(const Experiment& experiment, const Prepared& prepared, const std::vector<Unit>& units) {
  RunFiles files;
  files.config = resolved_yaml(experiment);
  files.inputs = describe_inputs(prepared);
  files.summary.experiment = experiment.name;
  files.summary.protocol = backbones::to_string(experiment.protocol);
  files.summary.setting = describe_setting(experiment);
  files.summary.random_models = random_models(prepared);
  files.summary.averages = experiment.average;
  files.summary.data = describe_data(prepared);
  for (const Unit& unit : units) {
    Outcome outcome = judge(experiment, unit.evidence);
    const std::string stem =
        unit.backbone == nullptr ? unit.evidence.task : unit.evidence.task + "." + unit.evidence.backbone;
    if (!files.instances.emplace(stem + ".jsonl", joined(outcome.lines)).second) {
      throw core::ConfigError(
          experiment.file.string(), 0, "backbones",
          fmt::format("two results would be called {}.jsonl: give the backbone another 'name'", stem));
    }
    files.summary.rows.insert(files.summary.rows.end(), outcome.rows.begin(), outcome.rows.end());
    files.summary.template_rows.insert(files.summary.template_rows.end(), outcome.template_rows.begin(),
                                       outcome.template_rows.end());
    files.summary.counters.push_back(outcome.counters);
  }
  warn_of_lost_instructions(experiment, files.summary);
  return files;
}

/// Makes the folder, so that a run that could not write is refused before its models are made.
void check_writable(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!std::filesystem::is_directory(folder)) throw core::FileError(folder, "is no folder and cannot be made one");
  if (access(folder.c_str(), W_OK | X_OK) != 0) throw core::FileError(folder, "is not writable");
}

void check_devices(const Experiment& experiment, const ModelSource& source) {
  for (const auto& [key, choices] : {std::pair("backbones", &experiment.backbones), {"scorers", &experiment.scorers}}) {
    for (std::size_t i = 0; source.check_device && i < choices->size(); ++i) {
      try {
        source.check_device((*choices)[i].device);
      } catch (const core::UsageError& error) {
        throw core::ConfigError(experiment.file.string(), 0, fmt::format("{}[{}].device", key, i), error.what());
      }
    }
  }
}

bool holds_another(const std::filesystem::path& folder, const Experiment& experiment) {
  const std::filesystem::path config = folder / "config.yaml";
  return std::filesystem::is_regular_file(config) && core::read_file(config) != resolved_yaml(experiment);
}

}  // namespace

RunResult execute(const RunRequest& request, const ModelSource& models, const Say& tell) {
  std::unique_ptr<core::AppendFile> log;  // opened once nothing is left to refuse
  const Say note = [&](const std::string& line) {
    if (log) log->append(fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), line));
  };
  const Say say = [&](const std::string& line) {
    tell(line);
    note(line);
  };
  Experiment experiment = request.experiment;  // of models of the Hub it will say the commit
  check_devices(experiment, models);
  Prepared prepared{load_tasks(request), {}, {}};
  check_writable(request.runs);
  Store store(request.runs / "store", say, request.progress);
  fetch_models(experiment, models);
  KnownModels known(store.folder() / "models" / "known.json");
  ModelStore model_store{store.folder() / "models", known, say};
  prepared.backbones = resolve_models(experiment.backbones, models, model_store);
  prepared.scorers = resolve_models(experiment.scorers, models, model_store);
  if (experiment.metric) prepared.metric = resolve_external(*experiment.metric);
  OpenModel open(models, {note, [&](const StageKey& key) { store.forget(key); }});
  check_models(prepared, open, known);

  RunResult result;
  result.folder = request.runs / experiment.name;
  const FileLock lock(result.folder / ".lock",
                      [&] { say("another run writes " + result.folder.string() + "; waiting for it"); });
  if (holds_another(result.folder, experiment)) {
    say(result.folder.string() + " held another configuration; its report is replaced");
  }
  log = std::make_unique<core::AppendFile>(result.folder / "log");
  std::vector<Json> timings;
  const StageContext context{
      experiment, store, open, request.environment.arithmetic, &timings, &result.computed, request.batch_tokens};
  std::vector<Unit> units = make_units(experiment, prepared);
  for (const Model& backbone : prepared.backbones) use_backbone(context, backbone, units);
  annotate_all(context, prepared.metric, units);
  score_all(context, prepared.scorers, units);
  open.close();

  const RunFiles files = judge_all(experiment, prepared, units);
  write_results(result.folder, files);
  write_circumstances(result.folder, request.environment.facts, timings);
  say(result.computed == 0 ? std::string("nothing was computed: every result was in the store")
                           : fmt::format("computed {} instances", result.computed));
  result.summary = files.summary;
  return result;
}

}  // namespace run
