#include "cappy/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "backbones/roberta.h"
#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace cappy {
namespace {

constexpr std::int64_t kBatchTokens =
    512;  // where nothing is asked: more rows make no product faster, and these fit the caches

/// Each different pair once: which distinct pair a pair is, and the first pair that is a given distinct one.
struct DistinctPairs {
  std::vector<std::size_t> index, first;
};

DistinctPairs find_distinct(std::span<const backbones::InstructionResponse> pairs) {
  DistinctPairs distinct;
  using TextPair = std::pair<std::string_view, std::string_view>;  // views of `pairs`: no copies
  std::map<TextPair, std::size_t> seen;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [place, fresh] = seen.emplace(TextPair(pairs[i].instruction, pairs[i].response), distinct.first.size());
    if (fresh) distinct.first.push_back(i);
    distinct.index.push_back(place->second);
  }
  return distinct;
}

/// The place of the label that is asked for. A regression head has nothing to choose.
std::size_t label_of(const backbones::RobertaConfig& config, const backbones::ModelOptions& options) {
  const auto found = std::ranges::find(config.labels, options.label);
  if (config.labels.size() == 1 && options.label.empty()) return 0;
  if (found != config.labels.end()) return static_cast<std::size_t>(found - config.labels.begin());
  throw core::FileError(
      (options.folder / "config.json").string(),
      options.label.empty()
          ? fmt::format(
                "id2label: the model tells {} labels apart ({}): say whose probability is the score (--label, or "
                "'label' of a scorer)",
                config.labels.size(), core::join(config.labels, ", "))
          : fmt::format("id2label: no label '{}': expected one of {}{}", options.label, core::join(config.labels, ", "),
                        core::did_you_mean(options.label, config.labels)));
}

/// The raw logit of a regression head, or the softmax probability of one of several labels.
double value_of(std::span<const float> logits, std::size_t label) {
  if (logits.size() == 1) return logits[0];
  const double most = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  return std::exp(logits[label] - most) / sum;
}

class RobertaScorer : public Scorer {
 public:
  explicit RobertaScorer(const backbones::ModelOptions& options)
      : tokenizer_(tokenizer::load_tokenizer(options.folder)),
        model_(options),
        label_(label_of(model_.config(), options)) {}

  std::vector<Score> score(std::span<const backbones::InstructionResponse> pairs,
                           const ScoreOptions& options) override {
    const DistinctPairs distinct = find_distinct(pairs);
    std::vector<tokenizer::Encoding> encodings;
    for (const std::size_t i : distinct.first) {
      encodings.push_back(tokenizer_->encode_pair(pairs[i].instruction, pairs[i].response, options.max_length,
                                                  options.truncation_side));
      check_length(encodings.back(), i);
    }
    const std::vector<double> values =
        run_batches(encodings, options.batch_tokens > 0 ? options.batch_tokens : kBatchTokens);
    std::vector<Score> scores;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::size_t d = distinct.index[i];
      if (!std::isfinite(values[d])) throw PairError(i, fmt::format("the score is {}", values[d]));
      scores.push_back({values[d], static_cast<std::int64_t>(encodings[d].ids.size()), encodings[d].cut});
    }
    return scores;
  }

 private:
  void check_length(const tokenizer::Encoding& encoding, std::size_t pair) const {
    const std::int64_t most = model_.config().max_tokens();
    if (static_cast<std::int64_t>(encoding.ids.size()) > most)
      throw PairError(pair, fmt::format("{} tokens, but the model has {} positions: lower the maximum length",
                                        encoding.ids.size(), most));
  }

  /// Scores in the order of `encodings`, computed in batches of neighbours in length.
  std::vector<double> run_batches(const std::vector<tokenizer::Encoding>& encodings, std::int64_t batch_tokens) const {
    std::vector<std::size_t> order(encodings.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return encodings[i].ids.size(); });
    std::vector<double> scores(encodings.size());
    for (std::size_t begin = 0; begin < order.size();) {
      std::vector<std::vector<std::int32_t>> batch;
      std::int64_t tokens = 0;
      for (std::size_t i = begin; i < order.size(); ++i) {
        const auto& ids = encodings[order[i]].ids;
        tokens += static_cast<std::int64_t>(ids.size());
        if (!batch.empty() && tokens > batch_tokens) break;
        batch.push_back(ids);
      }
      const std::vector<float> logits = model_.logits(batch);
      const std::size_t labels = model_.config().labels.size();
      for (std::size_t row = 0; row < batch.size(); ++row)
        scores[order[begin++]] = value_of(std::span(logits).subspan(row * labels, labels), label_);
    }
    return scores;
  }

  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
  backbones::Roberta model_;
  std::size_t label_;  // of several: whose probability is the score
};

}  // namespace

PairError::PairError(std::size_t pair, const std::string& message)
    : std::runtime_error(fmt::format("pair {}: {}", pair + 1, message)), pair_(pair), reason_(message) {}

std::unique_ptr<Scorer> load_scorer(const backbones::ModelOptions& options) {
  return std::make_unique<RobertaScorer>(options);
}

}  // namespace cappy
