// cappy score: the scorer's raw logit of every (instruction, response) pair.
#include <fmt/format.h>

#include <iostream>

#include "cappy/scorer.h"
#include "harness/cli/model_options.h"
#include "harness/cli/verbs.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/core/progress.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 512;  // lines scored together where they are there: equal lengths meet
constexpr std::int64_t kSpecialTokens = 4;

/// Scores blocks of lines and counts what was cut.
class LineScorer {
 public:
  LineScorer(std::unique_ptr<cappy::Scorer> scorer, const cappy::ScoreOptions& options, std::string source)
      : scorer_(std::move(scorer)), options_(options), source_(std::move(source)) {}

  void score(std::span<core::JsonRecord> records) {
    std::vector<backbones::InstructionResponse> pairs;
    for (const core::JsonRecord& record : records)
      pairs.push_back({record.string("instruction"), record.string("response")});
    try {
      const std::vector<cappy::Score> scores = scorer_->score(pairs, options_);
      for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].set("score", scores[i].score);
        pairs_cut_ += scores[i].tokens_cut > 0;
        tokens_cut_ += scores[i].tokens_cut;
      }
    } catch (const cappy::PairError& error) {
      throw core::FileError::at_line(source_, lines_ + static_cast<std::int64_t>(error.pair()) + 1, error.reason());
    }
    lines_ += static_cast<std::int64_t>(records.size());
  }

  void report_cuts() const {
    if (pairs_cut_ > 0)
      fmt::print(stderr, "{} of {} pairs were cut to {} tokens: {} tokens lost\n", pairs_cut_, lines_,
                 options_.max_length, tokens_cut_);
  }

 private:
  std::unique_ptr<cappy::Scorer> scorer_;
  cappy::ScoreOptions options_;
  std::string source_;
  std::int64_t lines_ = 0, pairs_cut_ = 0, tokens_cut_ = 0;
};

}  // namespace

int run_score(const Words& words) {
  VerbSyntax syntax{"score", "--model DIR|ID [options] < in.jsonl > out.jsonl"};
  add_model_options(syntax.own);
  std::int64_t max_length = 0;
  syntax.own.add_options()("max-length", po::value(&max_length)->default_value(512)->value_name("N"),
                           "tokens of the pair, special tokens included");
  add_truncation_side(syntax.own);
  std::string label;
  syntax.own.add_options()("label", po::value(&label)->value_name("NAME"),
                           "of a model that tells several labels apart: the one whose probability is the score");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (max_length < kSpecialTokens)
    throw core::UsageError(
        fmt::format("--max-length {}: expected at least {}, the special tokens of a pair", max_length, kSpecialTokens));
  ModelChoice choice = model_choice(values, ModelRole::kScorer);
  choice.model.label = label;
  use_threads(common);

  const core::FilterOptions filter{kBlock, common.limit, "standard input"};
  LineScorer scorer(cappy::load_scorer(choice.model), {max_length, choice.batch_tokens, truncation_side_of(values)},
                    filter.name);
  core::Progress progress("score", common.limit, "pairs", core::progress_mode_from(common.progress));
  const auto check = [](const core::JsonRecord& record) {
    record.string("instruction");
    record.string("response");
  };
  core::run_filter(std::cin, std::cout, filter, check, [&](std::span<core::JsonRecord> records) {
    scorer.score(records);
    progress.add(static_cast<std::int64_t>(records.size()));
  });
  scorer.report_cuts();
  return 0;
}

}  // namespace cli
