#include "backbones/command_backbone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "backbones/command_lines.h"
#include "harness/core/errors.h"

namespace backbones {
namespace {

using core::Json;

const std::vector<std::string> kCandidateFields = {"response",       "decoding", "draw", "ids",
                                                   "log_likelihood", "tokens",   "end"};

Json decoding_json(const Decoding& decoding) {
  Json::Object object{{"name", decoding.name}};
  const Json parameters = core::parse_json(parameters_json(decoding));
  object.insert(object.end(), parameters.as_object().begin(), parameters.as_object().end());
  object.emplace_back("num_return_sequences", decoding.num_return_sequences);
  return object;
}

Json seed_json(std::uint64_t seed) {
  if (seed > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return core::BigInteger{std::to_string(seed)};
  return static_cast<std::int64_t>(seed);
}

void add_side(Json::Object& question, tokenizer::TruncationSide side) {
  if (side != tokenizer::TruncationSide::kRight) question.emplace_back("truncation_side", tokenizer::to_string(side));
}

Json::Object generation_question(const std::string& instruction, const GenerationOptions& options,
                                 const Json& decodings) {
  Json::Object question{{"instruction", instruction},
                        {"decodings", decodings},
                        {"max_length", options.max_length},
                        {"min_length", options.min_length},
                        {"max_source_length", options.max_source_length},
                        {"seed", seed_json(options.seed)},
                        {"protocol", to_string(options.protocol)}};
  add_side(question, options.truncation_side);
  return question;
}

Json::Object likelihood_question(const InstructionResponse& pair, const LikelihoodOptions& options) {
  Json::Object question{{"instruction", pair.instruction}, {"response", pair.response}};
  if (options.max_length != kNoLimit) question.emplace_back("max_length", options.max_length);
  question.emplace_back("max_source_length", options.max_source_length);
  add_side(question, options.truncation_side);
  return question;
}

/// The decodings that the candidates must be of, by decoding, then draw.
struct Expected {
  std::vector<std::pair<std::string, std::int64_t>> draws;

  explicit Expected(const std::vector<Decoding>& decodings) {
    for (const Decoding& decoding : decodings)
      for (std::int64_t draw = 0; draw < decoding.num_return_sequences; ++draw) draws.emplace_back(decoding.name, draw);
  }
};

core::Candidate read_candidate(const Json& json, const std::pair<std::string, std::int64_t>& expected) {
  for (const auto& [key, value] : json.as_object()) {
    if (std::ranges::find(kCandidateFields, key) == kCandidateFields.end())
      throw std::runtime_error(fmt::format("unknown field '{}'{}", key, core::did_you_mean(key, kCandidateFields)));
  }
  core::Candidate candidate = core::candidate_from_json(json);
  if (candidate.decoding != expected.first || candidate.draw != expected.second) {
    throw std::runtime_error(fmt::format("expected decoding '{}', draw {}, found '{}', draw {}", expected.first,
                                         expected.second, candidate.decoding, candidate.draw));
  }
  if (std::isinf(candidate.log_likelihood))
    throw std::runtime_error("field 'log_likelihood': expected a finite number");
  const auto ids = static_cast<std::int64_t>(candidate.ids.size());
  const bool fits = candidate.tokens >= 0 && (ids == 0 || ids == candidate.tokens);
  if (candidate.tokens != kUnknown && !fits)
    throw std::runtime_error(fmt::format("field 'tokens' is {}, with {} ids", candidate.tokens, ids));
  return candidate;
}

Generation read_generation(const Answer& answer, const Expected& expected) {
  const Json json = answer.json("candidates");
  Generation generation;
  generation.source_tokens = generation.source_tokens_cut = kUnknown;
  if (!json.is_array()) throw std::runtime_error("field 'candidates': expected a list, found " + json.kind());
  const Json::Array& list = json.as_array();
  for (std::size_t i = 0; i < std::min(list.size(), expected.draws.size()); ++i) {
    try {
      generation.candidates.push_back(read_candidate(list[i], expected.draws[i]));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("field 'candidates', entry {}: {}", i, error.what()));
    }
  }
  if (list.size() != expected.draws.size()) {
    throw std::runtime_error(
        fmt::format("field 'candidates': expected {} candidates (of each decoding as many as its "
                    "num_return_sequences, in the order of 'decodings'), found {}",
                    expected.draws.size(), list.size()));
  }
  return generation;
}

LogLikelihood read_likelihood(const Answer& answer) {
  return {.log_likelihood = answer.number_or_null("log_likelihood").value_or(std::nan("")),
          .tokens = answer.count_or_unknown("tokens"),
          .source_tokens_cut = kUnknown,
          .response_tokens_cut = kUnknown};
}

class CommandBackbone final : public Backbone {
 public:
  explicit CommandBackbone(const CommandOptions& options) : lines_(options) {}

  std::vector<Generation> generate(std::span<const std::string> instructions,
                                   const GenerationOptions& options) override {
    Json::Array decodings;
    for (const Decoding& decoding : options.decodings) decodings.push_back(decoding_json(decoding));
    std::vector<Json::Object> questions;
    for (const std::string& instruction : instructions)
      questions.push_back(generation_question(instruction, options, decodings));
    const Expected expected(options.decodings);
    return lines_.ask<Generation>(questions, {"candidates"},
                                  [&](std::size_t, const Answer& answer) { return read_generation(answer, expected); });
  }

  std::vector<LogLikelihood> log_likelihood(std::span<const InstructionResponse> pairs,
                                            const LikelihoodOptions& options) override {
    std::vector<Json::Object> questions;
    for (const InstructionResponse& pair : pairs) questions.push_back(likelihood_question(pair, options));
    return lines_.ask<LogLikelihood>(questions, {"log_likelihood", "tokens"},
                                     [](std::size_t, const Answer& answer) { return read_likelihood(answer); });
  }

  std::int64_t count_tokens(std::string_view) const override { return kUnknown; }
  void finish() override { lines_.finish(); }

 private:
  CommandLines lines_;
};

}  // namespace

std::unique_ptr<Backbone> open_command_backbone(const CommandOptions& options) {
  return std::make_unique<CommandBackbone>(options);
}

}  // namespace backbones
