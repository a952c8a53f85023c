// `cappy models convert`: a checkpoint of any format as the one that every program reads safely.
#include <fmt/format.h>

#include "backbones/convert_model.h"
#include "harness/cli/models_verbs.h"
#include "harness/core/text.h"

namespace cli {

int run_models_convert(const Words& words) {
  VerbSyntax syntax = syntax_with_model("models convert",
                                        "DIR|ID --out DIR [options]\n\n"
                                        "Writes the tensors that the network reads as model.safetensors, under the "
                                        "names of the reference and tied\n"
                                        "ones once, with configuration and tokenizer beside it: a folder that cappy "
                                        "and transformers open");
  // clang-format off
  syntax.own.add_options()
    ("out", po::value<std::string>()->value_name("DIR"), "the new model folder; must not exist")
    ("weights", po::value<std::string>()->value_name("TYPE"),
     "rounds to float32, float16 or bfloat16; default: as stored");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const std::string out = required(values, "out");
  std::optional<backbones::NumberFormat> weights;
  if (values.count("weights")) weights = backbones::number_format_from(values["weights"].as<std::string>());
  ModelHub models(core::progress_mode_from(common.progress));
  const backbones::Conversion done = backbones::convert_model(model_in(values, models).folder, out, weights);
  fmt::print(stderr, "{}: {} tensors{}\n", out, done.tensors,
             done.left_out.empty() ? "" : "; left out: " + core::join(done.left_out, ", "));
  return 0;
}

}  // namespace cli
