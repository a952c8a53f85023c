// cappy loglikelihood: how likely a backbone finds a given response to an instruction.
#include <fmt/format.h>

#include <iostream>

#include "backbones/backbone.h"
#include "harness/cli/model_options.h"
#include "harness/cli/verbs.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/core/progress.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 512;  // lines computed together where they are there: equal instructions meet

backbones::LikelihoodOptions likelihood_options(const po::variables_map& values, const ModelChoice& choice) {
  if (choice.protocol == backbones::Protocol::kT0 || choice.protocol == backbones::Protocol::kLmEval)
    throw core::UsageError(fmt::format("not built yet: loglikelihood with --protocol {}", to_string(choice.protocol)));
  backbones::LikelihoodOptions options;
  if (values.count("max-length")) options.max_length = values["max-length"].as<std::int64_t>();
  options.max_source_length = values["max-source-length"].as<std::int64_t>();
  options.batch_tokens = choice.batch_tokens;
  options.truncation_side = truncation_side_of(values);
  if (options.max_length < 1) throw core::UsageError("--max-length: expected a number from 1");
  if (options.max_source_length < 1) throw core::UsageError("--max-source-length: expected a number from 1");
  return options;
}

struct Counts {
  std::int64_t lines = 0, sources_cut = 0, responses_cut = 0;

  void report() const {
    if (sources_cut > 0) fmt::print(stderr, "{} of {} instructions were cut\n", sources_cut, lines);
    if (responses_cut > 0) fmt::print(stderr, "{} of {} responses were cut\n", responses_cut, lines);
  }
};

void add_log_likelihoods(std::span<core::JsonRecord> records, backbones::Backbone& backbone,
                         const backbones::LikelihoodOptions& options, Counts& counts) {
  std::vector<backbones::InstructionResponse> pairs;
  for (const core::JsonRecord& record : records)
    pairs.push_back({record.string("instruction"), record.string("response")});
  const std::vector<backbones::LogLikelihood> results = backbone.log_likelihood(pairs, options);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].set("log_likelihood", results[i].log_likelihood);
    records[i].set("tokens", results[i].tokens);
    ++counts.lines;
    counts.sources_cut += results[i].source_tokens_cut > 0;
    counts.responses_cut += results[i].response_tokens_cut > 0;
  }
}

}  // namespace

int run_loglikelihood(const Words& words) {
  VerbSyntax syntax{"loglikelihood", "--model DIR|ID [options] < in.jsonl > out.jsonl"};
  add_model_options(syntax.own);
  // clang-format off
  syntax.own.add_options()
    ("max-length", po::value<std::int64_t>()->value_name("N"), "tokens of the response, end of sequence included; default: all")
    ("max-source-length", po::value<std::int64_t>()->default_value(512)->value_name("N"),
     "tokens of the instruction, end of sequence included");
  // clang-format on
  add_truncation_side(syntax.own);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const ModelChoice choice = model_choice(values, ModelRole::kBackbone);
  const backbones::LikelihoodOptions options = likelihood_options(values, choice);
  use_threads(common);

  const auto backbone = backbones::load_backbone(choice.model);
  core::Progress progress("loglikelihood", common.limit, "pairs", core::progress_mode_from(common.progress));
  Counts counts;
  const auto check = [](const core::JsonRecord& record) {
    record.string("instruction");
    record.string("response");
  };
  core::run_filter(std::cin, std::cout, {kBlock, common.limit, "standard input"}, check,
                   [&](std::span<core::JsonRecord> records) {
                     add_log_likelihoods(records, *backbone, options, counts);
                     progress.add(static_cast<std::int64_t>(records.size()));
                   });
  counts.report();
  return 0;
}

}  // namespace cli
