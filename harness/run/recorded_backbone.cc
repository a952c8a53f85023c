#include "harness/run/recorded_backbone.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "harness/run/recorded_answers.h"
#include "harness/run/recorded_lines.h"

namespace run {
namespace {

using backbones::Generation;
using backbones::LogLikelihood;
using core::Candidate;

bool is_same(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return std::ranges::equal(a, b, [](const Candidate& x, const Candidate& y) {
    return x.response == y.response && x.decoding == y.decoding && x.draw == y.draw;
  });
}

/// The candidate of a decoding's draw; throws std::runtime_error with what there is.
const Candidate& find_draw(const std::vector<Candidate>& candidates, const std::string& decoding, std::int64_t draw) {
  std::vector<std::string> known;
  for (const Candidate& candidate : candidates) {
    if (candidate.decoding == decoding && candidate.draw == draw) return candidate;
    const std::string text = fmt::format("{} {}", candidate.decoding, candidate.draw);
    if (known.size() < 20) known.push_back(text);
  }
  throw std::runtime_error(
      fmt::format("no draw {} of the decoding '{}'; there are {}", draw, decoding, core::join(known, ", ")));
}

class RecordedBackbone final : public backbones::Backbone {
 public:
  RecordedBackbone(const RecordedChoice& recorded, std::function<void(const std::string&)> log)
      : format_(recorded.format),
        log_(std::move(log)),
        lines_(recorded.files, [format = recorded.format](const core::JsonRecord& record) {
          return recorded_instructions(record, format);
        }) {}

  std::vector<Generation> generate(std::span<const std::string> instructions,
                                   const backbones::GenerationOptions& options) override {
    if (format_ == RecordedFormat::kLmEval && options.decodings.size() != 1) {
      throw core::FileError(lines_.name(),
                            fmt::format("samples of lm-evaluation-harness are of one decoding, and {} are "
                                        "asked for: name one, such as 'decoding: greedy'",
                                        options.decodings.size()));
    }
    std::vector<Generation> all;
    std::vector<std::string> missing;
    for (const std::string& instruction : instructions) {
      std::optional<Generation> generation = find(instruction, options);
      if (!generation)
        missing.push_back(instruction);
      else
        all.push_back(*std::move(generation));
    }
    if (!missing.empty()) lines_.fail_missing("instructions", missing, instructions.size());
    return all;
  }

  std::vector<LogLikelihood> log_likelihood(std::span<const backbones::InstructionResponse> pairs,
                                            const backbones::LikelihoodOptions&) override {
    std::vector<LogLikelihood> all;
    for (const backbones::InstructionResponse& pair : pairs) {
      LogLikelihood& value =
          all.emplace_back(LogLikelihood{std::nan(""), backbones::kUnknown, backbones::kUnknown, backbones::kUnknown});
      const auto& known = likelihoods_of(pair.instruction);
      const auto found = std::ranges::find(known, pair.response, &RecordedLikelihood::response);
      if (found == known.end()) continue;
      value.log_likelihood = found->log_likelihood;
      value.tokens = found->tokens;
    }
    return all;
  }

  std::int64_t count_tokens(std::string_view) const override { return backbones::kUnknown; }

 private:
  /// What a line says; what is wrong with it gets its place.
  template <class Read>
  static auto at_place(const std::string& place, Read read) {
    try {
      return read();
    } catch (const std::runtime_error& error) {
      throw core::FileError(place, error.what());
    }
  }

  RecordedAnswers answers_of(const RecordedLine& line, const std::string& instruction) const {
    return at_place(line.place, [&] { return recorded_answers(line.record, format_, instruction); });
  }

  std::optional<Generation> find(const std::string& instruction, const backbones::GenerationOptions& options) {
    std::vector<Candidate> first;
    std::string place;
    for (const RecordedLine& line : lines_.find(instruction)) {
      std::vector<Candidate> candidates = answers_of(line, instruction).candidates;
      if (candidates.empty()) continue;
      if (format_ == RecordedFormat::kLmEval)
        for (Candidate& candidate : candidates) candidate.decoding = options.decodings[0].name;
      if (first.empty()) {
        first = std::move(candidates);
        place = line.place;
      } else if (!is_same(first, candidates) && log_) {
        log_(fmt::format("{} and {} record different candidates of one instruction; the first counts", place,
                         line.place));
      }
    }
    if (first.empty()) return {};
    return at_place(place, [&] { return select(first, options); });
  }

  static Generation select(const std::vector<Candidate>& candidates, const backbones::GenerationOptions& options) {
    Generation generation;
    generation.source_tokens = generation.source_tokens_cut = backbones::kUnknown;
    for (const backbones::Decoding& decoding : options.decodings)
      for (std::int64_t draw = 0; draw < decoding.num_return_sequences; ++draw)
        generation.candidates.push_back(find_draw(candidates, decoding.name, draw));
    return generation;
  }

  /// Of all lines about an instruction; pairs come instruction by instruction, so that the last one is kept.
  const std::vector<RecordedLikelihood>& likelihoods_of(const std::string& instruction) {
    if (last_instruction_ == instruction) return last_likelihoods_;
    last_likelihoods_.clear();
    for (const RecordedLine& line : lines_.find(instruction))
      for (RecordedLikelihood& one : answers_of(line, instruction).likelihoods)
        last_likelihoods_.push_back(std::move(one));
    last_instruction_ = instruction;
    return last_likelihoods_;
  }

  RecordedFormat format_;
  std::function<void(const std::string&)> log_;
  RecordedLines lines_;
  std::optional<std::string> last_instruction_;
  std::vector<RecordedLikelihood> last_likelihoods_;
};

}  // namespace

std::unique_ptr<backbones::Backbone> open_recorded_backbone(const RecordedChoice& recorded,
                                                            std::function<void(const std::string&)> log) {
  return std::make_unique<RecordedBackbone>(recorded, std::move(log));
}

}  // namespace run
