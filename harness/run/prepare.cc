#include "harness/run/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/yaml.h"
#include "harness/run/file_lock.h"
#include "harness/run/task_options.h"

namespace run {
namespace {

using core::Json;
using core::TaskKind;

/// Raised by hand where the making of random models changes.
constexpr int kNewModelVersion = 1;

void check_task(const RunRequest& request, const tasks::LoadedTask& task) {
  const Experiment& experiment = request.experiment;
  const std::string& name = task.spec.name;
  const std::string file = experiment.file.string();
  if (task.instances.empty()) {
    throw core::ConfigError(file, 0, "tasks",
                            fmt::format("{} has no instances ({} rows, {} without a label)", name, task.summary.rows,
                                        task.summary.unlabelled));
  }
  if (task.spec.measured_kind() == TaskKind::kGeneration && experiment.backbones.empty()) {
    throw core::ConfigError(file, 0, "backbones", fmt::format("the generation task {} needs a backbone", name));
  }
  const bool has_method = task.spec.measured_kind() == TaskKind::kGeneration || experiment.uses(Method::kCappy) ||
                          experiment.uses(Method::kRandom) ||
                          (experiment.uses_self_scores() && !experiment.backbones.empty());
  if (!has_method) {
    throw core::ConfigError(file, 0, "methods",
                            fmt::format("none of them applies to the classification task {}", name));
  }
}

/// What a recipe makes: its own bytes, the tokenizer that it names, the seed.
std::string new_model_key(const ModelChoice& choice) {
  const core::Yaml recipe = core::Yaml::from_file(choice.path);
  const core::Yaml* tokenizer = recipe.is_map() ? recipe.find("tokenizer") : nullptr;
  const auto folder = choice.path.parent_path() / (tokenizer == nullptr ? "" : tokenizer->string());
  const bool has_folder = tokenizer != nullptr && std::filesystem::is_directory(folder);
  return core::sha256(core::write_json(Json::Array{kNewModelVersion, core::sha256_file(choice.path),
                                                   has_folder ? hash_model_folder(folder) : "",
                                                   static_cast<std::int64_t>(choice.seed)}));
}

/// A model with random weights, made once; its bytes are checked against the hash that was noted then.
std::filesystem::path obtain_new_model(const ModelChoice& choice, const ModelSource& source, const ModelStore& store) {
  const std::string key = new_model_key(choice);
  const std::filesystem::path folder = store.folder / key, noted = store.folder / (key + ".sha256");
  const FileLock lock(store.folder / (key + ".lock"),
                      [&] { store.say(choice.name + ": another run makes this model; waiting"); });
  if (std::filesystem::exists(noted) && std::filesystem::is_directory(folder)) {
    if (core::read_file(noted) == hash_model_folder(folder, store.hash_file())) return folder;
    store.say(fmt::format("{}: the stored model {} is damaged; it is made again", choice.name, folder.string()));
  }
  std::filesystem::remove_all(folder);
  store.say(fmt::format("{}: making a model with random weights", choice.name));
  source.make_new(choice.path, choice.seed, folder);
  core::write_file(noted, hash_model_folder(folder));
  return folder;
}

/// The choice then names the snapshot's folder and the commit.
void fetch_model(ModelChoice& choice, const std::filesystem::path& file, const ModelSource& source) {
  const auto fail = [&](const std::string& message) {
    throw core::ConfigError(file.string(), choice.line, "model",
                            fmt::format("there is no folder {}, and on the Hub: {}", choice.path.string(), message));
  };
  if (!source.fetch) fail("nobody is asked");
  try {
    const hub::ModelFolder fetched = source.fetch({.id = choice.written, .revision = choice.revision});
    choice.path = fetched.folder;
    choice.revision = fetched.commit;
  } catch (const hub::HubError& error) {
    fail(error.what());
  }
}

Json describe(const std::vector<Model>& models) {
  Json::Array list;
  for (const Model& model : models) {
    Json::Object object{{"name", model.choice.name}, {"random_weights", model.is_random}};
    const Json key = model.key();
    object.insert(object.end(), key.as_object().begin(), key.as_object().end());
    list.push_back(object);
  }
  return list;
}

}  // namespace

std::vector<tasks::LoadedTask> load_tasks(const RunRequest& request) {
  std::vector<tasks::LoadedTask> loaded;
  for (const MeasuredTask& task : measured_tasks(request.experiment, request.library)) {
    loaded.push_back(tasks::load_task(task.spec, tasks::Split::kTest, request.places, task.limit));
    check_task(request, loaded.back());
  }
  const auto generates = [](const auto& task) { return task.spec.measured_kind() == TaskKind::kGeneration; };
  if (request.experiment.metric && std::ranges::none_of(loaded, generates)) {
    throw core::ConfigError(request.experiment.file.string(), 0, "metric",
                            "none of the tasks is a generation task, whose metric it would be");
  }
  return loaded;
}

void fetch_models(Experiment& experiment, const ModelSource& source) {
  for (auto* choices : {&experiment.backbones, &experiment.scorers})
    for (ModelChoice& choice : *choices)
      if (!choice.revision.empty()) fetch_model(choice, experiment.file, source);
}

std::vector<Model> resolve_models(const std::vector<ModelChoice>& choices, const ModelSource& source,
                                  ModelStore& store) {
  std::vector<Model> models;
  for (const ModelChoice& choice : choices) {
    if (!choice.is_ours()) {
      models.push_back(resolve_external(choice));
      continue;
    }
    Model& model = models.emplace_back(Model{choice, choice.path, "", false});
    if (choice.is_new) model.folder = obtain_new_model(choice, source, store);
    model.sha256 = hash_model_folder(model.folder, store.hash_file());
    model.is_random = source.has_random_weights(model.folder);
  }
  return models;
}

Model resolve_external(const ModelChoice& choice) {
  Model model{choice, "", "", false};
  model.external = choice.program ? program_key(*choice.program) : recorded_key(*choice.recorded);
  return model;
}

void check_models(const Prepared& prepared, OpenModel& open, KnownModels& known) {
  const auto check = [&](const std::vector<Model>& models, const std::string& role, const auto& open_one) {
    for (auto model = models.rbegin(); model != models.rend(); ++model) {
      const std::string key = core::write_json(Json::Array{role, model->key()});
      if (!model->choice.program && known.has_opened(key)) continue;
      open_one(*model);
      known.set_opened(key);
    }
  };
  if (prepared.metric) open.metric(*prepared.metric);
  check(prepared.scorers, "scorer", [&](const Model& model) { open.scorer(model); });
  check(prepared.backbones, "backbone", [&](const Model& model) { open.backbone(model); });
  known.save();
}

Json describe_inputs(const Prepared& prepared) {
  Json::Array list;
  for (const tasks::LoadedTask& task : prepared.tasks) {
    list.push_back(Json::Object{{"name", task.spec.name},
                                {"version", task.spec.version},
                                {"fingerprint", task.summary.fingerprint},
                                {"rows", task.summary.rows},
                                {"instances", static_cast<std::int64_t>(task.instances.size())},
                                {"skipped", task.summary.skipped},
                                {"unlabelled", task.summary.unlabelled}});
  }
  Json::Object inputs{
      {"tasks", list}, {"backbones", describe(prepared.backbones)}, {"scorers", describe(prepared.scorers)}};
  if (prepared.metric) inputs.emplace_back("metric", describe({*prepared.metric}).as_array()[0]);
  return inputs;
}

}  // namespace run
