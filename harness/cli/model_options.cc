#include "harness/cli/model_options.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "backbones/nn/linear.h"
#include "harness/cli/model_hub.h"
#include "harness/core/errors.h"

namespace cli {

void add_model_options(po::options_description& own) {
  // clang-format off
  own.add_options()
    ("model", po::value<std::string>()->value_name("DIR|ID"),
     "folder with config.json, tokenizer files and weights, or a model of the Hub: ORG/NAME or ORG/NAME@REVISION");
  // clang-format on
  add_precision_options(own);
}

void add_precision_options(po::options_description& own) {
  // clang-format off
  own.add_options()
    ("dtype", po::value<std::string>()->default_value("float32")->value_name("TYPE"), "arithmetic: float32, bfloat16 or int8")
    ("weights", po::value<std::string>()->value_name("TYPE"),
     "rounding of weights before use: float32, float16 or bfloat16; default: as stored (float16 for backbones under cappy-2023)")
    ("protocol", po::value<std::string>()->default_value("transformers")->value_name("NAME"),
     "transformers, cappy-2023, t0 or lm-eval")
    ("device", po::value<std::string>()->default_value("cpu")->value_name("NAME"), "cpu, cuda or cuda:N")
    ("batch-tokens", po::value<std::int64_t>()->value_name("N"),
     "tokens computed at once, at least one row; default: by memory. Never changes a result");
  // clang-format on
}

void add_truncation_side(po::options_description& own) {
  own.add_options()("truncation-side", po::value<std::string>()->default_value("right")->value_name("SIDE"),
                    "which end of a text that is too long is cut: right or left");
}

tokenizer::TruncationSide truncation_side_of(const po::variables_map& values) {
  return tokenizer::truncation_side_from(values["truncation-side"].as<std::string>());
}

ModelChoice model_choice(const po::variables_map& values, ModelRole role) {
  if (!values.count("model")) throw core::UsageError("--model DIR|ID is missing");
  ModelChoice choice = precision_choice(values, role);
  ModelHub models(core::progress_mode_from(values["progress"].as<std::string>()));
  choice.model.folder = models.find(values["model"].as<std::string>()).folder;
  return choice;
}

ModelChoice precision_choice(const po::variables_map& values, ModelRole role) {
  ModelChoice choice;
  choice.model.dtype = backbones::number_format_from(values["dtype"].as<std::string>());
  choice.model.device = values["device"].as<std::string>();
  choice.protocol = backbones::protocol_from(values["protocol"].as<std::string>());
  if (values.count("weights")) {
    choice.model.weights = backbones::number_format_from(values["weights"].as<std::string>());
  } else if (choice.protocol == backbones::Protocol::kCappy2023 && role == ModelRole::kBackbone) {
    choice.model.weights = backbones::NumberFormat::kFloat16;
  }
  choice.batch_tokens = batch_tokens_of(values);
  if (const std::string note = nn::slow_arithmetic(choice.model); !note.empty()) fmt::print(stderr, "{}\n", note);
  return choice;
}

std::int64_t batch_tokens_of(const po::variables_map& values) {
  if (!values.count("batch-tokens")) return 0;
  const auto tokens = values["batch-tokens"].as<std::int64_t>();
  if (tokens < 1) throw core::UsageError(fmt::format("--batch-tokens {}: expected a number from 1", tokens));
  return tokens;
}

void use_threads(const CommonOptions& common) { at::set_num_threads(common.threads); }

}  // namespace cli
