#include "backbones/text_backbone.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "backbones/batch_budget.h"
#include "backbones/distinct_texts.h"
#include "harness/core/errors.h"
#include "harness/core/hash.h"

namespace backbones {

/// A distinct instruction as the network reads it, with its distinct responses where there are some.
struct TextBackbone::Source {
  std::size_t place = 0;
  std::uint64_t hash = 0;  // of the instruction's bytes
  tokenizer::Encoding instruction;
  DistinctTexts response_texts;
  std::vector<tokenizer::Encoding> responses;
  std::vector<double> log_likelihoods;

  std::int64_t tokens() const { return static_cast<std::int64_t>(instruction.ids.size()); }
};

namespace {

template <class Source>
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

TextBackbone::TextBackbone(std::unique_ptr<const decoding::Network> network,
                           std::unique_ptr<const tokenizer::Tokenizer> tokenizer, Architecture architecture)
    : network_(std::move(network)),
      tokenizer_(std::move(tokenizer)),
      architecture_(architecture),
      reading_(architecture, *tokenizer_, network_->end_token()) {}

std::int64_t TextBackbone::count_tokens(std::string_view text) const {
  return static_cast<std::int64_t>(reading_.response(text).ids.size());
}

const decoding::TokenTexts& TextBackbone::token_texts(const GenerationOptions& options) {
  const auto stops = [](const Decoding& decoding) { return !decoding.stop_strings.empty(); };
  if (!token_texts_.empty() || std::none_of(options.decodings.begin(), options.decodings.end(), stops))
    return token_texts_;
  for (std::int64_t id = 0; id < tokenizer_->size(); ++id)
    token_texts_.push_back(tokenizer_->token_text(static_cast<std::int32_t>(id)));
  return token_texts_;
}

Generation TextBackbone::generation(const Source& source, const std::vector<decoding::Sequence>& sequences,
                                    const GenerationOptions& options) const {
  Generation made{.candidates = {}, .source_tokens = source.tokens(), .source_tokens_cut = source.instruction.cut};
  for (const decoding::Sequence& sequence : sequences)
    made.candidates.push_back({.response = tokenizer_->decode(sequence.ids),
                               .decoding = options.decodings[sequence.decoding].name,
                               .draw = sequence.draw,
                               .ids = sequence.ids,
                               .log_likelihood = finite(sequence.log_likelihood),
                               .tokens = static_cast<std::int64_t>(sequence.ids.size()),
                               .end = sequence.end});
  return made;
}

std::vector<Generation> TextBackbone::generate(std::span<const std::string> instructions,
                                               const GenerationOptions& options) {
  if (options.protocol == Protocol::kCappy2023 && architecture_ == Architecture::kDecoderOnly)
    throw core::ConfigError(
        "the protocol cappy-2023 is that of the published runs of encoder-decoders: with a decoder alone use "
        "transformers");
  const c10::InferenceMode inference;
  DistinctTexts texts;
  std::vector<std::size_t> place_of;
  for (const std::string& instruction : instructions) place_of.push_back(texts.place(instruction));
  std::vector<Source> sources(texts.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    sources[i].place = i;
    sources[i].hash = core::hash64(texts[i]);
    sources[i].instruction = reading_.instruction(texts[i], options.max_source_length, options.truncation_side);
  }
  sort_by_length(sources);

  std::vector<decoding::Source> batch;
  for (const Source& source : sources) batch.push_back({source.instruction.ids, source.hash});
  const auto decoded = decoding::decode(*network_, batch, options, token_texts(options));
  std::vector<Generation> distinct(texts.size());
  for (std::size_t i = 0; i < sources.size(); ++i)
    distinct[sources[i].place] = generation(sources[i], decoded[i], options);
  std::vector<Generation> results;
  for (const std::size_t place : place_of) results.push_back(distinct[place]);
  return results;
}

/// Fills `log_likelihoods` of sources that are read together; their responses follow in batches of their own.
void TextBackbone::score(std::span<Source> sources, std::int64_t batch_tokens) const {
  std::vector<decoding::Ids> ids;
  std::vector<std::pair<std::size_t, std::size_t>> items;  // source, response
  for (std::size_t i = 0; i < sources.size(); ++i) {
    ids.push_back(sources[i].instruction.ids);
    for (std::size_t k = 0; k < sources[i].responses.size(); ++k) items.emplace_back(i, k);
  }
  const std::unique_ptr<decoding::DecoderSession> session = network_->encode(ids);
  const auto cost = [&](std::size_t i) {
    const auto tokens = static_cast<std::int64_t>(sources[items[i].first].responses[items[i].second].ids.size());
    return BatchBudget{tokens, 0, tokens * network_->cache_bytes_per_token()};
  };
  in_batches(items.size(), budget_of(batch_tokens), cost, [&](std::size_t begin, std::size_t end) {
    std::vector<std::vector<decoding::Ids>> responses(sources.size());
    for (std::size_t i = begin; i < end; ++i)
      responses[items[i].first].push_back(sources[items[i].first].responses[items[i].second].ids);
    const std::vector<std::vector<double>> sums = session->log_likelihoods(responses);
    for (std::size_t i = 0; i < sources.size(); ++i)
      for (const double sum : sums[i]) sources[i].log_likelihoods.push_back(finite(sum));
  });
}

std::vector<LogLikelihood> TextBackbone::log_likelihood(std::span<const InstructionResponse> pairs,
                                                        const LikelihoodOptions& options) {
  const c10::InferenceMode inference;
  DistinctTexts texts;
  std::vector<Source> sources;
  std::vector<std::pair<std::size_t, std::size_t>> place_of;  // of each pair: instruction, response of it
  for (const InstructionResponse& pair : pairs) {
    const std::size_t place = texts.place(pair.instruction);
    if (place == sources.size()) {
      sources.emplace_back();
      sources.back().place = place;
      sources.back().instruction =
          reading_.instruction(pair.instruction, options.max_source_length, options.truncation_side);
    }
    Source& source = sources[place];
    place_of.emplace_back(place, source.response_texts.place(pair.response));
    if (source.responses.size() < source.response_texts.size())
      source.responses.push_back(reading_.response(pair.response, options.max_length));
  }
  sort_by_length(sources);

  const auto cost = [&](std::size_t i) {
    return BatchBudget{sources[i].tokens(), 0, sources[i].tokens() * network_->cache_bytes_per_token()};
  };
  in_batches(sources.size(), budget_of(options.batch_tokens), cost, [&](std::size_t begin, std::size_t end) {
    score(std::span(sources).subspan(begin, end - begin), options.batch_tokens);
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
