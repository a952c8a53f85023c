#include "harness/run/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/method_names.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "harness/hub/cache.h"
#include "harness/run/decoding_list.h"
#include "harness/run/experiment_keys.h"

namespace run {
namespace {

using backbones::NumberFormat;
using backbones::Protocol;
using core::Yaml;

const std::vector<std::string> kMethodNames(core::kMethodNames.begin(), core::kMethodNames.end());

constexpr std::int64_t kMostTokens = 1'000'000;  // far above what any model reads

/// Calls a reader of the command line on a value of the file, so that its error gets file and line.
template <class Reader>
auto told(const Yaml& yaml, Reader reader) {
  try {
    return reader(yaml.string());
  } catch (const core::UsageError& error) {
    yaml.fail(error.what());
  }
}

/// A name that becomes part of a file's name.
std::string read_name(const Yaml& yaml, const std::string& name) {
  if (!core::is_name(name)) yaml.fail(fmt::format("'{}' is no name: {}", name, core::kNameRule));
  return name;
}

std::uint64_t read_seed(const Yaml& yaml) { return static_cast<std::uint64_t>(yaml.integer()); }

/// Whether there is such a model is known when it is fetched.
void read_repository(const Yaml& map, const Yaml& place, ModelChoice& model) {
  hub::Repository repository{.id = model.written, .revision = map.string_or("revision", "main")};
  try {
    hub::check(repository);
  } catch (const core::ConfigError& error) {
    place.fail(fmt::format("there is no folder {}, and on the Hub: {}", model.path.string(), error.what()));
  }
  model.revision = repository.revision;
  model.line = place.line();
}

void read_place(const Yaml& map, const std::filesystem::path& folder, ModelChoice& model) {
  const Yaml *existing = map.find("model"), *recipe = map.find("new");
  if ((existing == nullptr) == (recipe == nullptr))
    map.fail(
        "needs either 'model' (a folder or an id of the Hub), 'new' (a recipe of random weights), 'command' or "
        "'recorded'");
  const Yaml& place = existing != nullptr ? *existing : *recipe;
  model.is_new = recipe != nullptr;
  model.written = place.string();
  model.path = (folder / model.written).lexically_normal();
  if (!model.path.has_filename()) model.path = model.path.parent_path();
  if (model.is_new && !std::filesystem::is_regular_file(model.path))
    place.fail("there is no file " + model.path.string());
  if (!model.is_new && !std::filesystem::is_directory(model.path)) {
    read_repository(map, place, model);
  } else if (const Yaml* revision = map.find("revision")) {
    revision->fail(fmt::format("belongs to a model of the Hub; {} is {}", model.path.string(),
                               model.is_new ? "a recipe" : "a folder"));
  }
  if (const Yaml* seed = map.find("seed")) {
    if (!model.is_new) seed->fail("belongs to 'new', not to 'model'");
    model.seed = read_seed(*seed);
  }
}

/// The family by the folder's name, as the Hub's repositories are called: google/flan-t5-xl, bigscience/T0_3B,
/// facebook/opt-iml-30b.
std::string family_of(const std::filesystem::path& folder) {
  std::string name = folder.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name.find("flan-t5") != std::string::npos) return "flan";
  if (name.find("opt-iml") != std::string::npos) return "opt-iml";
  const auto is_t0 = name == "t0" || name.starts_with("t0_") || name.starts_with("t0-") || name.starts_with("t0p");
  return is_t0 ? "t0" : "";
}

std::string read_device(const Yaml& yaml) {
  const std::string device = yaml.string();
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "0";
  const bool is_number = !number.empty() && number.size() <= 3 &&
                         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool known = device == "cpu" || device == "cuda" || device.starts_with("cuda:");
  if (!known || !is_number) yaml.fail(fmt::format("unknown device '{}': expected cpu, cuda or cuda:N", device));
  return device;
}

std::string read_family(const Yaml& map, const std::string& otherwise) {
  const Yaml* family = map.find("family");
  return family != nullptr ? read_name(*family, family->string()) : otherwise;
}

std::string read_name_or(const Yaml& map, const std::string& otherwise) {
  const Yaml* name = map.find("name");
  return name != nullptr ? read_name(*name, name->string()) : read_name(map, otherwise);
}

/// A program, or a file of what a model said before.
ModelChoice read_external(const Yaml& map, const std::filesystem::path& folder) {
  ModelChoice model;
  if (const Yaml* recorded = map.find("recorded"); recorded != nullptr && map.find("command") == nullptr) {
    model.recorded = read_recorded(map, folder);
    model.written = recorded->string();
    model.name = read_name_or(map, std::filesystem::path(model.written).lexically_normal().stem().string());
  } else {
    model.program = read_program(map, folder);
    model.written = backbones::command_text(model.program->words);
    model.name = read_name_or(map, default_name(*model.program));
  }
  model.family = read_family(map, "");
  return model;
}

/// Keys that say something of a program or of records alone.
void refuse_external_keys(const Yaml& map) {
  for (const char* key : {"version", "timeout", "format"}) {
    const char* needed = key == std::string_view("format") ? "recorded" : "command";
    if (const Yaml* value = map.find(key)) value->fail(fmt::format("has no meaning without '{}'", needed));
  }
}

ModelChoice read_model(const Yaml& map, const std::filesystem::path& folder, std::optional<NumberFormat> weights) {
  if (map.find("command") != nullptr || map.find("recorded") != nullptr) return read_external(map, folder);
  refuse_external_keys(map);
  ModelChoice model;
  read_place(map, folder, model);
  model.name = read_name_or(map, (model.is_new ? model.path.stem() : model.path.filename()).string());
  model.weights = weights;
  if (const Yaml* yaml = map.find("weights")) model.weights = told(*yaml, backbones::number_format_from);
  if (const Yaml* yaml = map.find("dtype")) model.dtype = told(*yaml, backbones::number_format_from);
  if (const Yaml* yaml = map.find("label")) model.label = yaml->string();
  if (const Yaml* yaml = map.find("device")) model.device = read_device(*yaml);
  model.family = read_family(map, model.is_new ? "" : family_of(model.path));
  return model;
}

std::vector<ModelChoice> read_models(const Yaml& file, const char* key, const std::filesystem::path& folder,
                                     std::optional<NumberFormat> weights) {
  std::vector<ModelChoice> models;
  const Yaml* list = file.find(key);
  if (list == nullptr) return models;
  std::set<std::string> names;
  for (const Yaml& map : list->items()) {
    models.push_back(read_model(map, folder, weights));
    if (!names.insert(models.back().name).second) {
      map.fail(fmt::format("a second one is called '{}'; give it another 'name'", models.back().name));
    }
  }
  return models;
}

/// A program whose answers take the place of Rouge-L, under the name of the field that it adds.
std::optional<ModelChoice> read_metric(const Yaml& file, const std::filesystem::path& folder) {
  const Yaml* map = file.find("metric");
  if (map == nullptr) return {};
  ModelChoice metric;
  metric.program = read_program(*map, folder);
  metric.written = backbones::command_text(metric.program->words);
  metric.name = read_name(map->at("name"), map->at("name").string());
  static const std::set<std::string> kTaken{"response", "references",     "decoding", "draw",
                                            "ids",      "log_likelihood", "tokens",   "end",
                                            "accuracy", "self_score",     "scores"};
  if (kTaken.contains(metric.name))
    map->at("name").fail(fmt::format("'{}' is a field of its own: give the metric another name", metric.name));
  return metric;
}

Protocol read_protocol(const Yaml& file) {
  const Yaml* yaml = file.find("protocol");
  if (yaml == nullptr) return Protocol::kTransformers;
  return told(*yaml, backbones::protocol_from);
}

Lengths default_lengths(Protocol protocol) {
  Lengths lengths;
  if (protocol == Protocol::kCappy2023) {
    lengths.min_length = 3;
    lengths.max_response_length = 64;
  }
  return lengths;
}

Lengths read_lengths(const Yaml& file, Protocol protocol) {
  Lengths lengths = default_lengths(protocol);
  const Yaml* map = file.find("lengths");
  if (map == nullptr) return lengths;
  const auto read = [&](const char* key, std::int64_t& value) {
    const Yaml* yaml = map->find(key);
    if (yaml == nullptr) return;
    value = yaml->integer();
    if (value > kMostTokens) yaml->fail(fmt::format("expected at most {} tokens, found {}", kMostTokens, value));
  };
  read("max_length", lengths.max_length);
  read("min_length", lengths.min_length);
  read("max_source_length", lengths.max_source_length);
  read("max_response_length", lengths.max_response_length);
  read("max_pair_length", lengths.max_pair_length);
  if (const Yaml* side = map->find("truncation_side"))
    lengths.truncation_side = told(*side, tokenizer::truncation_side_from);
  return lengths;
}

metrics::Averages read_averages(const Yaml& file) {
  metrics::Averages averages;
  const Yaml* map = file.find("average");
  if (map == nullptr) return averages;
  const auto read = [&](const char* key, metrics::Mean& mean) {
    if (const Yaml* yaml = map->find(key)) mean = static_cast<metrics::Mean>(yaml->one_of({"micro", "macro"}));
  };
  read("templates", averages.templates);
  read("tasks", averages.tasks);
  return averages;
}

Seeds read_seeds(const Yaml& file) {
  Seeds seeds;
  const Yaml* map = file.find("seeds");
  if (map == nullptr) return seeds;
  if (const Yaml* yaml = map->find("generate")) seeds.generate = read_seed(*yaml);
  if (const Yaml* yaml = map->find("random")) seeds.random = read_seed(*yaml);
  return seeds;
}

/// The key of the models without which no task can use a method; empty where nothing is lacking.
std::string lacking(Method method, const Experiment& experiment) {
  if (method == Method::kCappy) return experiment.scorers.empty() ? "scorers" : "";
  return method != Method::kRandom && experiment.backbones.empty() ? "backbones" : "";
}

/// What the paper's tables have: all methods but those that are named to be had.
bool is_default(Method method) {
  return method != Method::kSelfScoreBytes && method != Method::kSelfScoreUnconditional;
}

/// The methods of the file; without the key, those of the paper that the models allow.
std::vector<Method> read_methods(const Yaml& file, const Experiment& experiment) {
  std::vector<Method> methods;
  const Yaml* list = file.find("methods");
  for (std::size_t i = 0; list == nullptr && i < kMethodNames.size(); ++i) {
    const auto method = static_cast<Method>(i);
    if (is_default(method) && lacking(method, experiment).empty()) methods.push_back(method);
  }
  if (list == nullptr) return methods;
  for (const Yaml& yaml : list->items()) {
    const auto method = static_cast<Method>(yaml.one_of(kMethodNames));
    if (std::find(methods.begin(), methods.end(), method) != methods.end()) yaml.fail("is named twice");
    const std::string lacks = lacking(method, experiment);
    if (!lacks.empty()) yaml.fail(fmt::format("'{}' needs '{}', and there are none", to_string(method), lacks));
    methods.push_back(method);
  }
  if (!experiment.scorers.empty() && std::find(methods.begin(), methods.end(), Method::kCappy) == methods.end()) {
    list->fail("none of them uses 'scorers': add cappy, or remove the key 'scorers'");
  }
  return methods;
}

std::vector<std::string> read_tasks(const Yaml& file) { return file.at("tasks").strings(); }

}  // namespace

std::string to_string(Method method) { return kMethodNames.at(static_cast<std::size_t>(method)); }

bool Experiment::uses(Method method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool Experiment::uses_self_scores() const {
  return uses(Method::kSelfScoreSum) || uses(Method::kSelfScoreMean) || uses(Method::kSelfScoreBytes) ||
         uses(Method::kSelfScoreUnconditional);
}

std::string Experiment::metric_of(core::TaskKind kind) const {
  if (kind == core::TaskKind::kClassification) return "accuracy";
  return metric ? metric->name : "rouge_l";
}

Experiment read_experiment(const std::filesystem::path& file, const Overrides& overrides) {
  Yaml yaml = Yaml::from_file(file);
  for (const auto& [key, value] : overrides) yaml.set(key, value, fmt::format("--set {}={}", key, value));
  core::check(yaml, experiment_keys());
  const std::filesystem::path folder = file.parent_path();
  Experiment experiment;
  experiment.file = file;
  experiment.name = read_name(yaml.at("experiment"), yaml.at("experiment").string());
  if (experiment.name == "store")
    yaml.at("experiment").fail("'store' is the folder of the stored results: take another name");
  experiment.tasks = read_tasks(yaml);
  experiment.protocol = read_protocol(yaml);
  const bool published = experiment.protocol == Protocol::kCappy2023;
  experiment.backbones =
      read_models(yaml, "backbones", folder, published ? std::optional(NumberFormat::kFloat16) : std::nullopt);
  experiment.scorers =
      read_models(yaml, "scorers", folder, published ? std::optional(NumberFormat::kFloat32) : std::nullopt);
  if (experiment.backbones.empty() && experiment.scorers.empty()) yaml.fail("needs 'backbones' or 'scorers'");
  if (const Yaml* decoding = yaml.find("decoding")) {
    if (experiment.backbones.empty()) decoding->fail("needs 'backbones', and there are none");
    experiment.decodings = read_decodings(*decoding, folder);
  }
  if (experiment.decodings.empty() && !experiment.backbones.empty())
    experiment.decodings = backbones::decodings_from("paper");
  experiment.seeds = read_seeds(yaml);
  experiment.lengths = read_lengths(yaml, experiment.protocol);
  experiment.average = read_averages(yaml);
  if (const Yaml* few_shot = yaml.find("few_shot")) experiment.few_shot = tasks::read_few_shot(*few_shot);
  if (const Yaml* options = yaml.find("task_options")) experiment.task_options = read_task_options(*options);
  experiment.limit = yaml.integer_or("limit", -1);
  experiment.methods = read_methods(yaml, experiment);
  experiment.metric = read_metric(yaml, folder);
  return experiment;
}

}  // namespace run
