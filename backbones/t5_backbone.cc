#include "backbones/t5_backbone.h"

#include <c10/core/InferenceMode.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <unordered_map>

#include "backbones/decoding/candidates.h"
#include "backbones/t5_session.h"
#include "harness/core/hash.h"

namespace backbones {
namespace {

constexpr std::int64_t kEncoderTokens = 4096;  // more rows make no GEMM faster
constexpr std::int64_t kDecoderRows = 256;
constexpr std::int64_t kMostCacheBytes = std::int64_t{2} << 30;

/// What a batch may hold.
struct Budget {
  std::int64_t source_tokens = 0;
  std::int64_t rows = 0;         // tokens that the decoder computes in one step
  std::int64_t cache_bytes = 0;  // of cross-attention and self-attention

  bool holds(const Budget& cost) const {
    return cost.source_tokens <= source_tokens && cost.rows <= rows && cost.cache_bytes <= cache_bytes;
  }
  Budget operator+(const Budget& other) const {
    return {source_tokens + other.source_tokens, rows + other.rows, cache_bytes + other.cache_bytes};
  }
};

Budget budget_of(std::int64_t batch_tokens) {
  if (batch_tokens > 0) return {batch_tokens, batch_tokens, std::numeric_limits<std::int64_t>::max()};
  const std::int64_t free = std::int64_t{::sysconf(_SC_AVPHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  return {kEncoderTokens, kDecoderRows, std::min(free / 4, kMostCacheBytes)};
}

/// Splits items, in order, into runs that the budget holds; an item alone always makes a run. Calls `run(begin, end)`.
template <class Cost, class Run>
void in_batches(std::size_t count, const Budget& budget, const Cost& cost, const Run& run) {
  std::size_t begin = 0;
  Budget held;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > begin && !budget.holds(held + cost(i))) {
      run(begin, i);
      begin = i;
      held = {};
    }
    held = held + cost(i);
  }
  if (begin < count) run(begin, count);
}

/// The place of a text among the distinct ones seen so far.
class Distinct {
 public:
  std::size_t place(const std::string& text) {
    const auto [found, fresh] = places_.emplace(text, texts_.size());
    if (fresh) texts_.push_back(&found->first);
    return found->second;
  }
  std::size_t size() const { return texts_.size(); }
  const std::string& operator[](std::size_t place) const { return *texts_[place]; }

 private:
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<const std::string*> texts_;
};

/// A distinct instruction as the network reads it, with its distinct responses where there are some.
struct Source {
  std::size_t place = 0;
  tokenizer::Encoding instruction;
  Distinct response_texts;
  std::vector<tokenizer::Encoding> responses;
  std::vector<double> log_likelihoods;

  std::int64_t tokens() const { return static_cast<std::int64_t>(instruction.ids.size()); }
};

void sort_by_length(std::vector<Source>& sources) {
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.tokens() < b.tokens(); });
}

double finite(double value) {
  if (!std::isfinite(value))
    throw std::runtime_error("a log-likelihood is not finite: are the weights of this model broken?");
  return value;
}

}  // namespace

T5Backbone::T5Backbone(const ModelOptions& options)
    : network_(options), tokenizer_(tokenizer::load_tokenizer(options.folder)) {}

std::int64_t T5Backbone::count_tokens(std::string_view text) const {
  return static_cast<std::int64_t>(tokenizer_->encode(text).ids.size());
}

std::vector<Generation> T5Backbone::generate(std::span<const std::string> instructions,
                                             const GenerationOptions& options) {
  const c10::InferenceMode inference;
  Distinct texts;
  std::vector<std::size_t> place_of;
  for (const std::string& instruction : instructions) place_of.push_back(texts.place(instruction));
  std::vector<Source> sources(texts.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    sources[i].place = i;
    sources[i].instruction = tokenizer_->encode(texts[i], options.max_source_length, options.truncation_side);
  }
  sort_by_length(sources);

  std::vector<Generation> distinct(texts.size());
  const std::int64_t rows = decoding::rows_per_source(options);
  const auto cost = [&](std::size_t i) {
    return Budget{sources[i].tokens(), rows,
                  (sources[i].tokens() + rows * options.max_length) * network_.cache_bytes_per_token()};
  };
  in_batches(sources.size(), budget_of(options.batch_tokens), cost, [&](std::size_t begin, std::size_t end) {
    std::vector<decoding::Source> batch;
    for (std::size_t i = begin; i < end; ++i)
      batch.push_back({sources[i].instruction.ids, core::hash64(texts[sources[i].place])});
    const std::vector<std::vector<decoding::Sequence>> decoded = decoding::decode(network_, batch, options);
    for (std::size_t i = begin; i < end; ++i) {
      Generation& made = distinct[sources[i].place];
      made.source_tokens = sources[i].tokens();
      made.source_tokens_cut = sources[i].instruction.cut;
      for (const decoding::Sequence& sequence : decoded[i - begin])
        made.candidates.push_back({.response = tokenizer_->decode(sequence.ids),
                                   .decoding = options.decodings[sequence.decoding].name,
                                   .draw = sequence.draw,
                                   .ids = sequence.ids,
                                   .log_likelihood = finite(sequence.log_likelihood),
                                   .tokens = static_cast<std::int64_t>(sequence.ids.size()),
                                   .end = sequence.end});
    }
  });
  std::vector<Generation> results;
  for (const std::size_t place : place_of) results.push_back(distinct[place]);
  return results;
}

namespace {

/// Fills `log_likelihoods` of sources that are encoded together; their responses follow in batches of their own.
void score_encoded(const T5& network, std::span<Source> sources, const Budget& budget) {
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::pair<std::size_t, std::size_t>> items;  // source, response
  for (std::size_t i = 0; i < sources.size(); ++i) {
    ids.push_back(sources[i].instruction.ids);
    for (std::size_t k = 0; k < sources[i].responses.size(); ++k) items.emplace_back(i, k);
  }
  const CrossCaches caches = network.encode_sources(ids);
  const auto cost = [&](std::size_t i) {
    const auto tokens = static_cast<std::int64_t>(sources[items[i].first].responses[items[i].second].ids.size());
    return Budget{tokens, 0, tokens * network.cache_bytes_per_token()};
  };
  in_batches(items.size(), budget, cost, [&](std::size_t begin, std::size_t end) {
    std::vector<std::vector<std::vector<std::int32_t>>> responses(sources.size());
    for (std::size_t i = begin; i < end; ++i)
      responses[items[i].first].push_back(sources[items[i].first].responses[items[i].second].ids);
    const std::vector<std::vector<double>> sums = teacher_forced(network, caches, responses);
    for (std::size_t i = 0; i < sources.size(); ++i)
      for (const double sum : sums[i]) sources[i].log_likelihoods.push_back(finite(sum));
  });
}

}  // namespace

std::vector<LogLikelihood> T5Backbone::log_likelihood(std::span<const InstructionResponse> pairs,
                                                      const LikelihoodOptions& options) {
  const c10::InferenceMode inference;
  Distinct texts;
  std::vector<Source> sources;
  std::vector<std::pair<std::size_t, std::size_t>> place_of;  // of each pair: instruction, response of it
  for (const InstructionResponse& pair : pairs) {
    const std::size_t place = texts.place(pair.instruction);
    if (place == sources.size()) {
      sources.emplace_back();
      sources.back().place = place;
      sources.back().instruction =
          tokenizer_->encode(pair.instruction, options.max_source_length, options.truncation_side);
    }
    Source& source = sources[place];
    place_of.emplace_back(place, source.response_texts.place(pair.response));
    if (source.responses.size() < source.response_texts.size())
      source.responses.push_back(tokenizer_->encode(pair.response, options.max_length));
  }
  sort_by_length(sources);

  const Budget budget = budget_of(options.batch_tokens);
  const auto cost = [&](std::size_t i) {
    return Budget{sources[i].tokens(), 0, sources[i].tokens() * network_.cache_bytes_per_token()};
  };
  in_batches(sources.size(), budget, cost, [&](std::size_t begin, std::size_t end) {
    score_encoded(network_, std::span(sources).subspan(begin, end - begin), budget);
  });

  std::vector<const Source*> by_place(sources.size());
  for (const Source& source : sources) by_place[source.place] = &source;
  std::vector<LogLikelihood> results;
  for (const auto& [place, response] : place_of) {
    const Source& source = *by_place[place];
    const tokenizer::Encoding& encoded = source.responses[response];
    results.push_back({.log_likelihood = source.log_likelihoods[response],
                       .tokens = static_cast<std::int64_t>(encoded.ids.size()),
                       .source_tokens_cut = source.instruction.cut,
                       .response_tokens_cut = encoded.cut});
  }
  return results;
}

}  // namespace backbones
