// `cappy models new`: a model with random weights, where no trained one is at hand.
#include <fmt/format.h>

#include "backbones/new_model.h"
#include "harness/cli/models_verbs.h"
#include "harness/core/errors.h"

namespace cli {

int run_models_new(const Words& words) {
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

}  // namespace cli
