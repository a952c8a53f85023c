#include "backbones/t5_session.h"

#include <algorithm>
#include <stdexcept>

#include "backbones/decoding/forced.h"

namespace backbones {

T5Session::T5Session(const T5& network, CrossCaches caches)
    : network_(network), caches_(std::move(caches)), pool_(network.make_pool()) {}

void T5Session::start(std::span<const std::int64_t> rows_per_source) {
  if (!rows_per_source_.empty() || rows_per_source.size() != caches_.front().size())
    throw std::invalid_argument("T5Session::start: once, with a number for each source");
  rows_per_source_.assign(rows_per_source.begin(), rows_per_source.end());
  std::int64_t rows = 0;
  for (const std::int64_t count : rows_per_source_) rows += count;
  histories_.resize(static_cast<std::size_t>(rows));
  drop_finished();
}

void T5Session::add(std::span<const decoding::Ids> sources) {
  CrossCaches fresh = network_.encode_sources(sources);
  for (std::size_t layer = 0; layer < caches_.size(); ++layer)
    caches_[layer].insert(caches_[layer].end(), fresh[layer].begin(), fresh[layer].end());
  rows_per_source_.insert(rows_per_source_.end(), sources.size(), 1);
  histories_.resize(histories_.size() + sources.size());
}

at::Tensor T5Session::step(std::span<const std::int32_t> tokens) {
  if (tokens.size() != histories_.size()) throw std::invalid_argument("T5Session::step: one token a row");
  nn::KeyLists keys;
  auto next = static_cast<std::int32_t>(pool_.rows());
  for (std::vector<std::int32_t>& history : histories_) {
    history.push_back(next++);
    keys.rows.insert(keys.rows.end(), history.begin(), history.end());
    keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
  }
  return network_.logits(network_.decode({tokens, keys, rows_per_source_}, caches_, pool_)).cpu();
}

void T5Session::select(std::span<const std::int64_t> rows) {
  std::vector<std::size_t> source_of;
  for (std::size_t source = 0; source < rows_per_source_.size(); ++source)
    source_of.insert(source_of.end(), static_cast<std::size_t>(rows_per_source_[source]), source);
  std::vector<std::vector<std::int32_t>> histories;
  std::vector<std::int64_t> counts(rows_per_source_.size(), 0);
  std::size_t last = 0;
  for (const std::int64_t row : rows) {
    const std::size_t source = source_of.at(static_cast<std::size_t>(row));
    if (source < last)
      throw std::invalid_argument("T5Session::select: rows of one source must stay adjacent and in order");
    last = source;
    ++counts[source];
    histories.push_back(histories_[static_cast<std::size_t>(row)]);
  }
  histories_ = std::move(histories);
  rows_per_source_ = std::move(counts);
  drop_finished();
  nn::forget_unread(pool_, histories_);
}

void T5Session::drop_finished() {
  for (std::vector<nn::CrossCache>& layer : caches_) {
    std::size_t kept = 0;
    for (std::size_t source = 0; source < rows_per_source_.size(); ++source)
      if (rows_per_source_[source] > 0) layer[kept++] = layer[source];
    layer.resize(kept);
  }
  std::erase(rows_per_source_, 0);
}

std::vector<std::vector<double>> T5Session::log_likelihoods(
    std::span<const std::vector<decoding::Ids>> responses) const {
  return teacher_forced(network_, caches_, responses);
}

std::vector<std::vector<double>> teacher_forced(const T5& network, const CrossCaches& caches,
                                                std::span<const std::vector<std::vector<std::int32_t>>> responses) {
  std::vector<std::int32_t> tokens;
  std::vector<decoding::Target> targets;
  std::vector<std::int64_t> rows_per_source;
  nn::KeyLists keys;
  for (const auto& of_source : responses) {
    const std::size_t before = tokens.size();
    for (const std::vector<std::int32_t>& response : of_source) {
      const auto begin = static_cast<std::int32_t>(tokens.size());
      for (std::size_t t = 0; t < response.size(); ++t) {
        targets.push_back({static_cast<std::int64_t>(tokens.size()), response[t]});
        tokens.push_back(t == 0 ? network.start_token() : response[t - 1]);
        for (std::size_t k = 0; k <= t; ++k) keys.rows.push_back(begin + static_cast<std::int32_t>(k));
        keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
      }
    }
    rows_per_source.push_back(static_cast<std::int64_t>(tokens.size() - before));
  }
  nn::KeyValuePool pool = network.make_pool();
  const at::Tensor states = network.decode({tokens, keys, rows_per_source}, caches, pool);
  const std::vector<double> each = decoding::log_probabilities(
      states, [&](const at::Tensor& rows) { return network.logits(rows); }, targets);

  std::vector<std::vector<double>> sums(responses.size());
  std::size_t row = 0;
  for (std::size_t source = 0; source < responses.size(); ++source)
    for (const std::vector<std::int32_t>& response : responses[source]) {
      double sum = 0;
      for (std::size_t t = 0; t < response.size(); ++t) sum += each[row++];
      sums[source].push_back(sum);
    }
  return sums;
}

}  // namespace backbones
