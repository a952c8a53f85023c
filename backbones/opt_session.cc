#include "backbones/opt_session.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "backbones/decoding/forced.h"

namespace backbones {

OptSession::OptSession(const Opt& network, std::span<const decoding::Ids> sources)
    : network_(network), pool_(network.make_pool()) {
  prefixes_ = read(sources);
  for (const decoding::Ids& source : sources) last_tokens_.push_back(network.prompt(source).back());
}

std::vector<OptSession::List> OptSession::read(std::span<const decoding::Ids> sources) {
  std::vector<decoding::Ids> prompts;
  for (const decoding::Ids& source : sources) {
    prompts.push_back(network_.prompt(source));
    prompts.back().pop_back();
  }
  std::vector<std::size_t> order(prompts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return prompts[a].size() < prompts[b].size(); });
  std::vector<List> prefixes(prompts.size());
  std::vector<decoding::Ids> sorted;
  auto row = static_cast<std::int32_t>(pool_.rows());
  for (const std::size_t i : order) {
    for (std::size_t k = 0; k < prompts[i].size(); ++k) prefixes[i].push_back(row++);
    sorted.push_back(std::move(prompts[i]));
  }
  network_.prefill(sorted, pool_);
  sources_ += sources.size();
  return prefixes;
}

void OptSession::start(std::span<const std::int64_t> rows_per_source) {
  if (!source_of_.empty() || rows_per_source.size() != prefixes_.size())
    throw std::invalid_argument("OptSession::start: once, with a number for each source");
  for (std::size_t source = 0; source < prefixes_.size(); ++source) {
    const auto count = static_cast<std::size_t>(rows_per_source[source]);
    source_of_.insert(source_of_.end(), count, source);
    histories_.insert(histories_.end(), count, prefixes_[source]);
  }
  prefixes_.clear();
}

void OptSession::add(std::span<const decoding::Ids> sources) {
  std::size_t source = sources_;
  for (List& prefix : read(sources)) {
    source_of_.push_back(source++);
    histories_.push_back(std::move(prefix));
  }
}

at::Tensor OptSession::step(std::span<const std::int32_t> tokens) {
  if (tokens.size() != histories_.size()) throw std::invalid_argument("OptSession::step: one token a row");
  nn::KeyLists keys;
  auto next = static_cast<std::int32_t>(pool_.rows());
  for (List& history : histories_) {
    history.push_back(next++);
    keys.rows.insert(keys.rows.end(), history.begin(), history.end());
    keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
  }
  return network_.logits(network_.decode(tokens, keys, pool_)).cpu();
}

void OptSession::select(std::span<const std::int64_t> rows) {
  std::vector<std::size_t> source_of;
  std::vector<List> histories;
  for (const std::int64_t row : rows) {
    source_of.push_back(source_of_.at(static_cast<std::size_t>(row)));
    histories.push_back(histories_[static_cast<std::size_t>(row)]);
  }
  if (!std::is_sorted(source_of.begin(), source_of.end()))
    throw std::invalid_argument("OptSession::select: rows of one source must stay adjacent and in order");
  source_of_ = std::move(source_of);
  histories_ = std::move(histories);
  nn::forget_unread(pool_, histories_);
}

std::vector<std::vector<double>> OptSession::log_likelihoods(
    std::span<const std::vector<decoding::Ids>> responses) const {
  // The last token of a prompt is a row that all its responses share; behind it each has a row a token but its last.
  std::vector<std::int32_t> tokens;
  std::vector<decoding::Target> targets;
  nn::KeyLists keys;
  const auto first = static_cast<std::int32_t>(pool_.rows());
  const auto add_row = [&](std::int32_t token, std::vector<std::int32_t>& history) {
    history.push_back(first + static_cast<std::int32_t>(tokens.size()));
    tokens.push_back(token);
    keys.rows.insert(keys.rows.end(), history.begin(), history.end());
    keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
  };
  for (std::size_t source = 0; source < responses.size(); ++source) {
    if (responses[source].empty()) continue;
    std::vector<std::int32_t> shared = prefixes_[source];
    add_row(last_tokens_[source], shared);
    for (const decoding::Ids& response : responses[source])
      if (!response.empty()) targets.push_back({static_cast<std::int64_t>(tokens.size()) - 1, response.front()});
    for (const decoding::Ids& response : responses[source]) {
      std::vector<std::int32_t> history = shared;
      for (std::size_t t = 1; t < response.size(); ++t) {
        targets.push_back({static_cast<std::int64_t>(tokens.size()), response[t]});
        add_row(response[t - 1], history);
      }
    }
  }
  std::vector<std::vector<double>> sums(responses.size());
  if (tokens.empty()) return sums;
  nn::KeyValuePool pool = pool_;
  const at::Tensor states = network_.decode(tokens, keys, pool);
  const std::vector<double> each = decoding::log_probabilities(
      states, [&](const at::Tensor& rows) { return network_.logits(rows); }, targets);

  auto next = each.begin();
  for (std::size_t source = 0; source < responses.size(); ++source) {
    for (const decoding::Ids& response : responses[source]) sums[source].push_back(response.empty() ? 0 : *next++);
    for (std::size_t k = 0; k < responses[source].size(); ++k)
      for (std::size_t t = 1; t < responses[source][k].size(); ++t) sums[source][k] += *next++;
  }
  return sums;
}

}  // namespace backbones
