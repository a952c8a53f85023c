// Which files make a tokenizer: tokenizer.json as it stands, else what the pinned transformers builds from
// spiece.model, or from vocab.json and merges.txt.
#include "backbones/tokenizer/tokenizer.h"

#include "backbones/tokenizer/byte_pair.h"
#include "backbones/tokenizer/json_place.h"
#include "backbones/tokenizer/pipeline.h"
#include "backbones/tokenizer/pretrained_byte_pair.h"
#include "backbones/tokenizer/pretrained_config.h"
#include "backbones/tokenizer/pretrained_t5.h"
#include "backbones/tokenizer/tokenizer_json.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

namespace fs = std::filesystem;

using Build = Parts (*)(const fs::path&, const PretrainedConfig&);
using Recipes = std::vector<std::pair<std::string, Build>>;  // by class of tokenizer or type of model

// The recipe that the folder names: by the class of its tokenizer, else by its model; the first one where it names
// none.
Build choose_recipe(const fs::path& folder, const Recipes& recipes) {
  for (const auto& [name, key] :
       {std::pair("tokenizer_config.json", "tokenizer_class"), std::pair("config.json", "tokenizer_class"),
        std::pair("config.json", "model_type")}) {
    const std::string file = folder / name;
    if (!fs::exists(file)) continue;
    const core::Json json = core::read_json_file(file);
    const JsonPlace root(file, json);
    if (!root.has(key)) continue;
    std::string named = root.at(key).string();
    if (named.ends_with("Fast")) named.resize(named.size() - 4);
    if (named == "PreTrainedTokenizer" || named == "TokenizersBackend") continue;  // says nothing
    std::vector<std::string> known;
    for (const auto& [title, build] : recipes) {
      if (title == named) return build;
      if (title.ends_with("Tokenizer") == named.ends_with("Tokenizer")) known.push_back(title);
    }
    root.at(key).fail("a tokenizer of '" + named +
                      "' needs its tokenizer.json (without one: " + core::join(known, ", ") + ")");
  }
  return recipes.front().second;
}

Parts build_pretrained(const fs::path& folder) {
  if (fs::exists(folder / "spiece.model")) {
    const Build build =
        choose_recipe(folder, {{"T5Tokenizer", build_t5}, {"t5", build_t5}, {"mt5", build_t5}, {"umt5", build_t5}});
    return build(folder, read_pretrained_config(folder));
  }
  if (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")) {
    const Build build = choose_recipe(folder, {{"RobertaTokenizer", build_roberta},
                                               {"roberta", build_roberta},
                                               {"GPT2Tokenizer", build_gpt2},
                                               {"gpt2", build_gpt2},
                                               {"opt", build_gpt2}});
    return build(folder, read_pretrained_config(folder));
  }
  throw core::FileError(folder,
                        "holds no tokenizer: expected tokenizer.json, spiece.model, or vocab.json and merges.txt");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  if (!fs::is_directory(folder)) throw core::FileError(folder, "no such folder");
  Parts parts =
      fs::exists(folder / "tokenizer.json") ? read_tokenizer_json(folder / "tokenizer.json") : build_pretrained(folder);
  const bool byte_pair = dynamic_cast<const BytePair*>(parts.model.get()) != nullptr;
  parts.decoder.clean_up = cleans_up(folder, byte_pair);
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace tokenizer
