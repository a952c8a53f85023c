// cappy models: make and inspect model folders.
#include <fmt/format.h>

#include <iostream>
#include <set>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/new_model.h"
#include "harness/cli/options.h"
#include "harness/cli/verbs.h"
#include "harness/core/errors.h"
#include "harness/core/json.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

std::string required(const po::variables_map& values, const std::string& name) {
  if (!values.count(name)) throw core::UsageError(fmt::format("--{} is missing", name));
  return values[name].as<std::string>();
}

int run_new(const Words& words) {
  VerbSyntax syntax{"models new", "--config FILE --seed N --out DIR"};
  std::int64_t seed = 0;
  // clang-format off
  syntax.own.add_options()
    ("config", po::value<std::string>()->value_name("FILE"), "architecture, sizes and tokenizer (as in configs/miniature)")
    ("seed", po::value(&seed)->default_value(0)->value_name("N"), "of the random weights")
    ("out", po::value<std::string>()->value_name("DIR"), "the new model folder; must not exist");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (seed < 0) throw core::UsageError(fmt::format("--seed {}: expected a number from 0", seed));
  const std::string out = required(values, "out");
  backbones::make_new_model(required(values, "config"), static_cast<std::uint64_t>(seed), out);
  fmt::print(stderr, "{}: a model with random weights, seed {}\n", out, seed);
  return 0;
}

struct WeightFile {
  std::string name;
  std::int64_t tensors = 0, parameters = 0;
  std::set<std::string> types;
};

WeightFile read_weight_file(const fs::path& path) {
  WeightFile file;
  file.name = path.filename().string();
  const checkpoint::SafetensorsFile safetensors(path);
  for (const auto& [name, entry] : safetensors.entries()) {
    std::int64_t count = 1;
    for (const std::int64_t size : entry.shape) count *= size;
    ++file.tensors;
    file.parameters += count;
    file.types.insert(c10::toString(entry.type));
  }
  return file;
}

int run_inspect(const Words& words) {
  VerbSyntax syntax{"models inspect", "DIR"};
  syntax.hidden.add_options()("folder", po::value<std::string>());
  syntax.positional.add("folder", 1);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (!values.count("folder")) throw core::UsageError("expected a model folder");
  const fs::path folder = values["folder"].as<std::string>();
  const core::Json config = core::read_json_file((folder / "config.json").string());
  const core::Json* type = config.is_object() ? config.find("model_type") : nullptr;
  core::Json::Array files;
  std::int64_t parameters = 0;
  std::set<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.insert(entry.path());
  for (const fs::path& path : paths) {
    if (path.extension() != ".safetensors") continue;
    const WeightFile file = read_weight_file(path);
    parameters += file.parameters;
    files.push_back(core::Json::Object{{"file", file.name},
                                       {"tensors", file.tensors},
                                       {"parameters", file.parameters},
                                       {"dtype", core::Json::Array(file.types.begin(), file.types.end())}});
  }
  std::cout << core::write_json_pretty(core::Json::Object{{"model_type", type ? *type : core::Json()},
                                                          {"random_weights", backbones::has_random_weights(folder)},
                                                          {"parameters", parameters},
                                                          {"weights", files}});
  return 0;
}

}  // namespace

int run_models(const Words& words) {
  const std::vector<std::string> known = {"inspect", "new"};
  const std::string action = words.empty() ? "" : words.front();
  const Words rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (action == "new") return run_new(rest);
  if (action == "inspect") return run_inspect(rest);
  if (action == "--help" || action == "-h") {
    std::cout << "Usage: cappy models new --config FILE --seed N --out DIR\n       cappy models inspect DIR\n";
    return 0;
  }
  throw core::UsageError(action.empty()
                             ? "expected 'models new' or 'models inspect'"
                             : fmt::format("unknown action 'models {}'{}", action, core::did_you_mean(action, known)));
}

}  // namespace cli
