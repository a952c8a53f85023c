#include "backbones/decoding/single_search.h"

#include <stdexcept>

#include "backbones/decoding/logits.h"

namespace decoding {

SingleSearch::SingleSearch(const EndRule& rule, std::optional<Draw> draw) : rule_(rule), draw_(std::move(draw)) {}

std::vector<Continuation> SingleSearch::advance(const LogitRows& logits) {
  if (logits.rows != 1) throw std::invalid_argument("SingleSearch: expected the logits of one row");
  const std::span<float> row = logits.row(0);
  const double log_sum = log_sum_exp(row);  // before the minimum length: the model's own distribution
  const auto step = static_cast<std::uint32_t>(sequence_.ids.size());
  rule_.apply(row, step);
  const std::int32_t token = draw_ ? draw_->sampler->draw(row, core::uniform(draw_->key, step)) : highest(row).token;
  sequence_.ids.push_back(token);
  sequence_.log_likelihood += row[static_cast<std::size_t>(token)] - log_sum;
  const std::optional<core::End> end = rule_.end(sequence_.ids);
  if (!end) return {{0, token}};
  sequence_.end = *end;
  return {};
}

std::vector<Sequence> SingleSearch::sequences() const { return {sequence_}; }

}  // namespace decoding
