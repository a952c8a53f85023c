#include "backbones/decoding/single_search.h"

#include <limits>
#include <stdexcept>

#include "backbones/decoding/logits.h"

namespace decoding {

void LengthRule::apply(std::span<float> logits, std::int64_t length) const {
  if (end_is_forbidden(length)) {
    logits[static_cast<std::size_t>(end_token)] = -std::numeric_limits<float>::infinity();
  }
}

SingleSearch::SingleSearch(const LengthRule& rule, std::optional<Draw> draw) : rule_(rule), draw_(std::move(draw)) {}

std::vector<Continuation> SingleSearch::advance(const LogitRows& logits) {
  if (logits.rows != 1) throw std::invalid_argument("SingleSearch: expected the logits of one row");
  const std::span<float> row = logits.row(0);
  const double log_sum = log_sum_exp(row);  // before the minimum length: the model's own distribution
  const auto step = static_cast<std::uint32_t>(sequence_.ids.size());
  rule_.apply(row, std::int64_t{step} + 1);
  const std::int32_t token = draw_ ? draw_->sampler->draw(row, core::uniform(draw_->key, step)) : highest(row).token;
  sequence_.ids.push_back(token);
  sequence_.log_likelihood += row[static_cast<std::size_t>(token)] - log_sum;
  sequence_.end = token == rule_.end_token ? core::End::kEos : core::End::kLength;
  const bool full = std::int64_t{step} + 2 >= rule_.max_length;
  if (sequence_.end == core::End::kEos || full) return {};
  return {{0, token}};
}

std::vector<Sequence> SingleSearch::sequences() const { return {sequence_}; }

}  // namespace decoding
