// Which candidate each method takes as its prediction. Ties go to the first in the order of the candidates (Cappy's
// published scripts keep a strict maximum), which is by decoding, then by draw.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/records.h"

namespace metrics {

/// The index of the greatest value, the first on ties: what a scorer, a self-score and the oracle (over Rouge-L) choose
/// by. Throws std::invalid_argument where there are no values or one is NaN.
std::size_t first_maximum(std::span<const double> values);

/// Names of the decodings, in the order of their first candidate.
std::vector<std::string> decodings_of(std::span<const core::Candidate> candidates);

/// A decoding alone is represented by its draw 0, as in the published tables. Throws std::invalid_argument where it has
/// none, or two.
std::size_t draw_zero(std::span<const core::Candidate> candidates, std::string_view decoding);

/// Every decoding has exactly one draw 0 and no draw twice. Throws std::invalid_argument that names the candidate.
void check_candidates(std::span<const core::Candidate> candidates);

/// The backbone's own choice by log-likelihoods, sums or means per token. Nothing ("n/a", never a zero) where one is
/// NaN, which stands for unknown. The published self-scores are those of the response's re-tokenised text.
std::optional<std::size_t> self_score(std::span<const double> log_likelihoods);

/// What candidates carry of their own: sums, and means (NaN without tokens).
std::vector<double> log_likelihood_sums(std::span<const core::Candidate> candidates);
std::vector<double> log_likelihood_means(std::span<const core::Candidate> candidates);

/// Rank classification after the length of a response (docs/protocols.md). By tokens; NaN without a token.
double per_token(double log_likelihood, std::int64_t tokens);
/// By UTF-8 bytes. An empty response has none: minus infinity, so that it is chosen only where all are empty.
double per_byte(double log_likelihood, std::string_view response);

/// A seeded draw among `count` >= 1, keyed by the instruction: a real prediction, the same wherever and whenever it is
/// made; its mean over instances estimates the mean over all candidates.
std::size_t random_choice(std::uint64_t seed, std::string_view instruction, std::size_t count);

}  // namespace metrics
