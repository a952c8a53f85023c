// `cappy rouge`: adds `rouge_l` of `response` against `references`.
#include <iostream>
#include <stdexcept>
#include <vector>

#include "harness/cli/options.h"
#include "harness/core/json_lines.h"
#include "harness/metrics/rouge_l.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 64;  // lines a write

/// Scores records; the texts' memory is used again.
class Scoring {
 public:
  double score(const core::JsonRecord& record) {
    record.read_string("response", response_);
    record.read_strings("references", references_);
    if (references_.empty()) throw std::runtime_error("field 'references': the list is empty");
    return rouge_l_.score(response_, references_);
  }

 private:
  metrics::RougeL rouge_l_;
  std::string response_;
  std::vector<std::string> references_;
};

}  // namespace

int run_rouge(const Words& words) {
  VerbSyntax syntax{
      .verb = "rouge",
      .usage =
          "[options] < in.jsonl > out.jsonl\n\n"
          "Reads response and references, adds rouge_l: F of the best reference, as rouge-score 0.1.2 with stemmer"};
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;

  Scoring scoring;
  std::vector<double> scores;  // of the block being read
  core::run_filter(
      std::cin, std::cout, {.block = kBlock, .limit = common.limit, .name = "standard input"},
      [&](const core::JsonRecord& record) { scores.push_back(scoring.score(record)); },
      [&](std::span<core::JsonRecord> records) {
        for (std::size_t i = 0; i < records.size(); ++i) records[i].set("rouge_l", scores[i]);
        scores.clear();
      });
  return 0;
}

}  // namespace cli
