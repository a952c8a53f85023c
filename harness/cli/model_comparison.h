// Two models on the same lines: how far their numbers are apart, and what the distance changes. The first is the one
// that is verified, the second the reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/records.h"

namespace cli {

/// A line of --inputs.
struct VerifyInput {
  std::string instruction;
  std::vector<std::string> responses;  // of `response`, `responses` or `choices`; may be empty
  std::optional<std::int64_t> label;   // index of the right choice
  std::int64_t line = 0;
};

/// Reads a file of JSON Lines. Throws core::FileError with the line: no instruction, two kinds of responses, a label
/// that is no choice, no lines at all.
std::vector<VerifyInput> read_verify_inputs(const std::string& path, std::int64_t limit);

/// What a model made of the inputs, by input.
struct ModelAnswers {
  std::vector<std::vector<double>> values;            // score or log-likelihood of each response; NaN: unknown
  std::vector<std::vector<std::int64_t>> tokens;      // of each response; negative: unknown. Empty of a scorer
  std::vector<std::vector<core::Candidate>> outputs;  // empty where nothing was generated
};

struct Differences {
  /// The largest distance of two numbers, and the line where it is. `scaled`: a log-likelihood beyond 10 nats may be
  /// off by more, in proportion: the distance divided by max(1, |reference| / 10).
  struct Largest {
    double distance = 0, scaled = 0;
    std::int64_t line = 0;
  };
  std::int64_t numbers = 0, unknown = 0;  // compared; left out because a model does not say
  Largest largest;
  std::optional<double> tau, tau_within;  // Kendall's tau-b over all numbers, and its mean over inputs of several
  std::int64_t token_counts = 0, unequal_token_counts = 0;
  std::int64_t outputs = 0, unequal_outputs = 0;
  std::string first_unequal_output;
  std::int64_t choices = 0, flipped = 0;  // inputs with several responses; where another one has the greatest number
  double widest_flip = 0;                 // by how much the reference preferred another one, at most
  std::int64_t labelled = 0, right = 0, right_reference = 0;
};

/// `scaled` of log-likelihoods; a score is not scaled.
enum class NumberKind { kScore, kLogLikelihood };
/// Throws std::invalid_argument where the two do not answer the same inputs.
Differences compare_answers(const std::vector<VerifyInput>& inputs, const ModelAnswers& mine,
                            const ModelAnswers& reference, NumberKind kind);

}  // namespace cli
