#include "backbones/decoding/sampler.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "backbones/decoding/logits.h"

namespace decoding {
namespace {

bool by_token(const TokenWeight& a, const TokenWeight& b) { return a.token < b.token; }

bool by_rising_weight(const TokenWeight& a, const TokenWeight& b) {
  return a.weight != b.weight ? a.weight < b.weight : a.token < b.token;
}

bool by_falling_weight(const TokenWeight& a, const TokenWeight& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
}

double sum_of(std::span<const TokenWeight> tokens) {
  double sum = 0;
  for (const TokenWeight& token : tokens) sum += token.weight;
  return sum;
}

/// Splits off the tail that cannot be in the nucleus, so that only the head is sorted: each of its tokens weighs less
/// than (1 - p) / n of the highest weight (which is 1), so together they weigh less than 1 - p of the sum. Returns its
/// weight.
double drop_tail(std::vector<TokenWeight>& tokens, double top_p) {
  const double least = (1 - top_p) / static_cast<double>(tokens.size());
  double dropped = 0;
  std::erase_if(tokens, [&](const TokenWeight& token) {
    if (token.weight >= least) return false;
    dropped += token.weight;
    return true;
  });
  return dropped;
}

}  // namespace

Sampler::Sampler(const backbones::Decoding& decoding, backbones::Protocol protocol)
    : dialect_(protocol == backbones::Protocol::kCappy2023 ? Dialect::kFlax : Dialect::kPyTorch),
      temperature_(static_cast<float>(decoding.temperature)),
      top_k_(static_cast<std::size_t>(std::max(decoding.top_k, 0))),
      top_p_(decoding.top_p) {
  if (!(temperature_ > 0) || !std::isfinite(temperature_)) throw std::invalid_argument("temperature must be above 0");
  if (decoding.top_k < 0) throw std::invalid_argument("top_k must not be negative");
  if (!(top_p_ > 0 && top_p_ <= 1)) throw std::invalid_argument("top_p must be above 0 and at most 1");
}

/// exp(logit - highest) of the tokens that top-k leaves, ascending by token.
std::vector<TokenWeight> Sampler::weights(std::span<const float> logits) const {
  std::vector<TokenLogit> chosen;
  if (top_k_ == 0 || top_k_ >= logits.size()) {
    chosen = at_least(logits, -HUGE_VALF);
  } else if (dialect_ == Dialect::kFlax) {
    chosen = top_k(logits, top_k_);
  } else {
    chosen = at_least(logits, kth_highest(logits, top_k_));
  }
  const double highest_logit = highest(logits).logit;
  std::vector<TokenWeight> tokens;
  tokens.reserve(chosen.size());
  for (const auto& [token, logit] : chosen) tokens.push_back({token, std::exp(logit - highest_logit)});
  if (dialect_ == Dialect::kFlax) std::sort(tokens.begin(), tokens.end(), by_token);
  return tokens;
}

std::vector<TokenWeight> Sampler::nucleus(std::vector<TokenWeight> tokens) const {
  const double total = sum_of(tokens);
  const double dropped = drop_tail(tokens, top_p_);
  std::size_t kept_count = 0;
  if (dialect_ == Dialect::kFlax) {
    std::sort(tokens.begin(), tokens.end(), by_falling_weight);
    double before = 0;
    while (kept_count < tokens.size() && (kept_count == 0 || before / total < top_p_)) {
      before += tokens[kept_count++].weight;
    }
  } else {
    std::sort(tokens.begin(), tokens.end(), by_rising_weight);
    double sum = dropped;
    std::size_t removed = 0;
    while (removed + 1 < tokens.size() && (sum + tokens[removed].weight) / total <= 1 - top_p_) {
      sum += tokens[removed++].weight;
    }
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(removed));
    kept_count = tokens.size();
  }
  tokens.resize(kept_count);
  std::sort(tokens.begin(), tokens.end(), by_token);
  return tokens;
}

std::vector<TokenWeight> Sampler::kept(std::span<const float> logits) const {
  std::vector<float> scaled;
  if (temperature_ != 1.0f) {
    scaled.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) scaled[i] = logits[i] / temperature_;
    logits = scaled;
  }
  std::vector<TokenWeight> tokens = weights(logits);
  return top_p_ < 1 ? nucleus(std::move(tokens)) : tokens;
}

std::int32_t Sampler::draw(std::span<const float> logits, double uniform) const {
  const std::vector<TokenWeight> tokens = kept(logits);
  const double target = uniform * sum_of(tokens);
  double sum = 0;
  std::int32_t last = -1;
  for (const auto& [token, weight] : tokens) {
    sum += weight;
    if (weight > 0) last = token;
    if (sum > target) return token;
  }
  return last;  // rounding put the target at the sum itself
}

}  // namespace decoding
