// What generates: a network of ours, a program of the user's (command_backbone), recorded candidates
// (harness/run/recorded_backbone), later a Web API. What one of them cannot say is unknown: NaN, kUnknown, never a
// zero.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbones/options.h"
#include "harness/core/records.h"

namespace backbones {

/// Instead of a count of tokens.
inline constexpr std::int64_t kUnknown = core::kUnknownCount;

struct Generation {
  std::vector<core::Candidate> candidates;  // by decoding, then draw
  std::int64_t source_tokens = 0;           // of the instruction as the model read it; or kUnknown
  std::int64_t source_tokens_cut = 0;       // tokens that max_source_length cut off; or kUnknown
};

struct InstructionResponse {
  std::string instruction;
  std::string response;
};

struct LogLikelihood {
  double log_likelihood = 0;  // nats, sum over the re-tokenised response, end of sequence included; NaN: unknown
  std::int64_t tokens = 0;    // of the response, end of sequence included; this and the following: or kUnknown
  std::int64_t source_tokens_cut = 0;
  std::int64_t response_tokens_cut = 0;
};

class Backbone {
 public:
  virtual ~Backbone() = default;
  /// One result per instruction, in order. Results never depend on the other instructions of the call.
  virtual std::vector<Generation> generate(std::span<const std::string> instructions,
                                           const GenerationOptions& options) = 0;
  virtual std::vector<LogLikelihood> log_likelihood(std::span<const InstructionResponse> pairs,
                                                    const LikelihoodOptions& options) = 0;
  /// Tokens of a text, end of sequence included, or kUnknown: for the counter of references longer than an output can
  /// be.
  virtual std::int64_t count_tokens(std::string_view text) const = 0;
  /// Nothing more will be asked: a program ends. Throws SurplusError where it had more to say than was asked for.
  virtual void finish() {}
};

/// Opens a checkpoint folder as the backbone that its config.json names. Throws core::FileError or core::ConfigError.
std::unique_ptr<Backbone> load_backbone(const ModelOptions& options);

}  // namespace backbones
