#include "harness/run/prepare.h"

#include <fmt/format.h>

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
std::filesystem::path obtain_new_model(const ModelChoice& choice, const std::filesystem::path& store,
                                       const ModelSource& source, const Say& say) {
  const std::string key = new_model_key(choice);
  const std::filesystem::path folder = store / "models" / key, noted = store / "models" / (key + ".sha256");
  const FileLock lock(store / "models" / (key + ".lock"),
                      [&] { say(choice.name + ": another run makes this model; waiting"); });
  if (std::filesystem::exists(noted) && std::filesystem::is_directory(folder)) {
    if (core::read_file(noted) == hash_model_folder(folder)) return folder;
    say(fmt::format("{}: the stored model {} is damaged; it is made again", choice.name, folder.string()));
  }
  std::filesystem::remove_all(folder);
  say(fmt::format("{}: making a model with random weights", choice.name));
  source.make_new(choice.path, choice.seed, folder);
  core::write_file(noted, hash_model_folder(folder));
  return folder;
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
  return loaded;
}

std::vector<Model> resolve_models(const std::vector<ModelChoice>& choices, const std::filesystem::path& store,
                                  const ModelSource& source, const Say& say) {
  std::vector<Model> models;
  for (const ModelChoice& choice : choices) {
    Model& model = models.emplace_back(Model{choice, choice.path, "", false});
    if (choice.is_new) model.folder = obtain_new_model(choice, store, source, say);
    model.sha256 = hash_model_folder(model.folder);
    model.is_random = source.has_random_weights(model.folder);
  }
  return models;
}

void check_models(const Prepared& prepared, OpenModel& open) {
  for (auto model = prepared.scorers.rbegin(); model != prepared.scorers.rend(); ++model) open.scorer(*model);
  for (auto model = prepared.backbones.rbegin(); model != prepared.backbones.rend(); ++model) open.backbone(*model);
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
  return Json::Object{
      {"tasks", list}, {"backbones", describe(prepared.backbones)}, {"scorers", describe(prepared.scorers)}};
}

}  // namespace run
