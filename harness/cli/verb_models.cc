// `cappy models …`: model folders, of the user's own or of the Hub: made, looked at, written anew, compared.
#include <fmt/format.h>

#include <iostream>

#include "harness/cli/models_verbs.h"
#include "harness/core/errors.h"

namespace cli {
namespace {

struct Word {
  const char* name;
  const char* summary;
  int (*run)(const Words&);
};

constexpr Word kWords[] = {
    {"inspect", "architecture, parameters, head, tokenizer, files and hashes, memory needed", run_models_inspect},
    {"convert", "the weights of any format as model.safetensors", run_models_convert},
    {"verify", "differences from a reference program, from another model, or from float32", run_models_verify},
    {"new", "a model with random weights", run_models_new},
};

int help() {
  std::cout << "Usage: cappy models WORD ..., each with --help\n\n";
  for (const Word& word : kWords) std::cout << fmt::format("  {:<10} {}\n", word.name, word.summary);
  return 0;
}

}  // namespace

VerbSyntax syntax_with_model(const std::string& verb, const std::string& usage) {
  VerbSyntax syntax{verb, usage};
  syntax.hidden.add_options()("name", po::value<Words>());
  syntax.positional.add("name", -1);
  return syntax;
}

hub::ModelFolder model_in(const po::variables_map& values, ModelHub& models) {
  const Words names = values.count("name") ? values["name"].as<Words>() : Words{};
  if (names.size() != 1)
    throw core::UsageError(fmt::format("expected one model, DIR or ID of the Hub, got {}", names.size()));
  return models.find(names.front());
}

std::string required(const po::variables_map& values, const std::string& name) {
  if (!values.count(name)) throw core::UsageError(fmt::format("--{} is missing", name));
  return values[name].as<std::string>();
}

int run_models(const Words& words) {
  const std::string name = words.empty() ? "" : words.front();
  const Words rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (name == "--help" || name == "-h") return help();
  std::vector<std::string> known;
  for (const Word& word : kWords) {
    if (name == word.name) return word.run(rest);
    known.emplace_back(word.name);
  }
  throw core::UsageError(name.empty()
                             ? "cappy models: expected inspect, convert, verify or new; see cappy models --help"
                             : fmt::format("cappy models: unknown word '{}'{}; see cappy models --help", name,
                                           core::did_you_mean(name, known)));
}

}  // namespace cli
