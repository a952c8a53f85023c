#include "harness/metrics/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/random.h"

namespace metrics {

std::size_t first_maximum(std::span<const double> values) {
  if (values.empty()) throw std::invalid_argument("nothing to choose from");
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) throw std::invalid_argument(fmt::format("value {} is NaN", i));
    if (values[i] > values[best]) best = i;
  }
  return best;
}

std::vector<std::string> decodings_of(std::span<const core::Candidate> candidates) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates)
    if (std::find(names.begin(), names.end(), candidate.decoding) == names.end()) names.push_back(candidate.decoding);
  return names;
}

std::size_t draw_zero(std::span<const core::Candidate> candidates, std::string_view decoding) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].draw != 0 || candidates[i].decoding != decoding) continue;
    if (found) throw std::invalid_argument(fmt::format("decoding '{}' has draw 0 twice", decoding));
    found = i;
  }
  if (!found) throw std::invalid_argument(fmt::format("decoding '{}' has no draw 0", decoding));
  return *found;
}

void check_candidates(std::span<const core::Candidate> candidates) {
  if (candidates.empty()) throw std::invalid_argument("no candidates");
  std::set<std::pair<std::string_view, std::int64_t>> seen;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (!seen.emplace(candidates[i].decoding, candidates[i].draw).second)
      throw std::invalid_argument(fmt::format("candidate {}: draw {} of decoding '{}' occurs twice", i,
                                              candidates[i].draw, candidates[i].decoding));
  for (const std::string& decoding : decodings_of(candidates)) draw_zero(candidates, decoding);
}

std::optional<std::size_t> self_score(std::span<const double> log_likelihoods) {
  if (std::ranges::any_of(log_likelihoods, [](double value) { return std::isnan(value); })) return {};
  return first_maximum(log_likelihoods);
}

std::vector<double> log_likelihood_sums(std::span<const core::Candidate> candidates) {
  std::vector<double> sums;
  for (const auto& candidate : candidates) sums.push_back(candidate.log_likelihood);
  return sums;
}

std::vector<double> log_likelihood_means(std::span<const core::Candidate> candidates) {
  std::vector<double> means;
  for (const auto& candidate : candidates) means.push_back(per_token(candidate.log_likelihood, candidate.tokens));
  return means;
}

double per_token(double log_likelihood, std::int64_t tokens) {
  return tokens > 0 ? log_likelihood / static_cast<double>(tokens) : std::nan("");
}

double per_byte(double log_likelihood, std::string_view response) {
  if (response.empty()) return -std::numeric_limits<double>::infinity();
  return log_likelihood / static_cast<double>(response.size());
}

std::size_t random_choice(std::uint64_t seed, std::string_view instruction, std::size_t count) {
  if (count == 0) throw std::invalid_argument("nothing to choose from");
  const core::DrawKey key{
      .seed = seed, .instruction = core::hash64(instruction), .decoding = core::hash64("method: random"), .draw = 0};
  const auto drawn = static_cast<std::size_t>(core::uniform(key, 0) * static_cast<double>(count));
  return std::min(drawn, count - 1);  // the product may round up to `count`
}

}  // namespace metrics
