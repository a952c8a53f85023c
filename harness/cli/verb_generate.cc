// cappy generate: candidates of every instruction, by decoding, then draw.
#include <fmt/format.h>

#include <iostream>

#include "backbones/backbone.h"
#include "harness/cli/model_options.h"
#include "harness/cli/verbs.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/core/progress.h"
#include "harness/core/records.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 64;  // lines decoded together where they are there: equal lengths meet

void add_generation_options(po::options_description& own) {
  // clang-format off
  own.add_options()
    ("decoding", po::value<std::string>()->value_name("NAME|FILE"),
     "greedy, beam:B, sample:N, paper (the 17 candidates), or a YAML list")
    ("max-length", po::value<std::int64_t>()->default_value(64)->value_name("N"),
     "tokens with the decoder start token: at most N - 1 new ones; OPT: with the prompt's")
    ("min-length", po::value<std::int64_t>()->default_value(0)->value_name("N"), "tokens, as the protocol counts them")
    ("max-source-length", po::value<std::int64_t>()->default_value(512)->value_name("N"),
     "tokens of the instruction, end of sequence included")
    ("seed", po::value<std::uint64_t>()->default_value(0)->value_name("N"), "of the random draws");
  // clang-format on
}

std::int64_t length_option(const po::variables_map& values, const std::string& name, std::int64_t least) {
  const auto length = values[name].as<std::int64_t>();
  if (length < least) throw core::UsageError(fmt::format("--{} {}: expected a number from {}", name, length, least));
  return length;
}

backbones::GenerationOptions generation_options(const po::variables_map& values, const ModelChoice& choice) {
  if (!values.count("decoding"))
    throw core::UsageError("--decoding is missing: greedy, beam:4, sample:4, paper or a file");
  backbones::GenerationOptions options;
  options.decodings = backbones::decodings_from(values["decoding"].as<std::string>());
  options.protocol = choice.protocol;
  options.max_length = length_option(values, "max-length", 2);
  options.min_length = length_option(values, "min-length", 0);
  options.max_source_length = length_option(values, "max-source-length", 1);
  options.seed = values["seed"].as<std::uint64_t>();
  options.batch_tokens = choice.batch_tokens;
  options.truncation_side = truncation_side_of(values);
  return options;
}

/// What a user should know of the whole run.
struct Counts {
  std::int64_t lines = 0, sources_cut = 0, candidates = 0, at_limit = 0;

  void add(const backbones::Generation& generation) {
    ++lines;
    sources_cut += generation.source_tokens_cut > 0;
    candidates += static_cast<std::int64_t>(generation.candidates.size());
    for (const core::Candidate& candidate : generation.candidates) at_limit += candidate.end == core::End::kLength;
  }

  void report(const backbones::GenerationOptions& options) const {
    if (sources_cut > 0)
      fmt::print(stderr, "{} of {} instructions were cut to {} tokens\n", sources_cut, lines,
                 options.max_source_length);
    if (at_limit > 0)
      fmt::print(stderr, "{} of {} candidates ended at the limit of {} tokens\n", at_limit, candidates,
                 options.max_length);
  }
};

void add_candidates(std::span<core::JsonRecord> records, backbones::Backbone& backbone,
                    const backbones::GenerationOptions& options, Counts& counts) {
  std::vector<std::string> instructions;
  for (const core::JsonRecord& record : records) instructions.push_back(record.string("instruction"));
  const std::vector<backbones::Generation> generations = backbone.generate(instructions, options);
  for (std::size_t i = 0; i < records.size(); ++i) {
    core::Json::Array candidates;
    for (const core::Candidate& candidate : generations[i].candidates) candidates.push_back(core::to_json(candidate));
    records[i].set("candidates", std::move(candidates));
    counts.add(generations[i]);
  }
}

}  // namespace

int run_generate(const Words& words) {
  VerbSyntax syntax{"generate", "--model DIR|ID --decoding NAME|FILE [options] < in.jsonl > out.jsonl"};
  add_model_options(syntax.own);
  add_generation_options(syntax.own);
  add_truncation_side(syntax.own);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const ModelChoice choice = model_choice(values, ModelRole::kBackbone);
  const backbones::GenerationOptions options = generation_options(values, choice);
  use_threads(common);

  const auto backbone = backbones::load_backbone(choice.model);
  core::Progress progress("generate", common.limit, "instructions", core::progress_mode_from(common.progress));
  Counts counts;
  const auto check = [](const core::JsonRecord& record) { record.string("instruction"); };
  core::run_filter(std::cin, std::cout, {kBlock, common.limit, "standard input"}, check,
                   [&](std::span<core::JsonRecord> records) {
                     add_candidates(records, *backbone, options, counts);
                     progress.add(static_cast<std::int64_t>(records.size()));
                   });
  counts.report(options);
  return 0;
}

}  // namespace cli
