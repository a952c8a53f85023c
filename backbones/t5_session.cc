#include "backbones/t5_session.h"

#include <algorithm>
#include <stdexcept>

#include "backbones/nn/activation.h"

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

namespace {

constexpr std::int64_t kLogitRows = 256;  // whose logits are in memory at once

/// states [R, D], the id that each row must give -> log-probability of it, by row.
std::vector<double> log_probabilities(const T5& network, const at::Tensor& states, std::span<const std::int32_t> ids) {
  std::vector<double> result;
  for (std::int64_t first = 0; first < states.size(0); first += kLogitRows) {
    const std::int64_t count = std::min(kLogitRows, states.size(0) - first);
    const at::Tensor logits = network.logits(states.narrow(0, first, count));
    const at::Tensor total = nn::log_sum_exp(logits).cpu(), rows = logits.cpu();
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int32_t id = ids[static_cast<std::size_t>(first + r)];
      if (id < 0 || id >= rows.size(1)) throw std::invalid_argument("a response has a token outside the vocabulary");
      result.push_back(static_cast<double>(rows.const_data_ptr<float>()[r * rows.size(1) + id]) -
                       total.const_data_ptr<double>()[r]);
    }
  }
  return result;
}

}  // namespace

std::vector<std::vector<double>> teacher_forced(const T5& network, const CrossCaches& caches,
                                                std::span<const std::vector<std::vector<std::int32_t>>> responses) {
  std::vector<std::int32_t> tokens, targets;
  std::vector<std::int64_t> rows_per_source;
  nn::KeyLists keys;
  for (const auto& of_source : responses) {
    const std::size_t before = tokens.size();
    for (const std::vector<std::int32_t>& response : of_source) {
      const auto begin = static_cast<std::int32_t>(tokens.size());
      for (std::size_t t = 0; t < response.size(); ++t) {
        tokens.push_back(t == 0 ? network.start_token() : response[t - 1]);
        for (std::size_t k = 0; k <= t; ++k) keys.rows.push_back(begin + static_cast<std::int32_t>(k));
        keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
      }
      targets.insert(targets.end(), response.begin(), response.end());
    }
    rows_per_source.push_back(static_cast<std::int64_t>(tokens.size() - before));
  }
  KeyValuePool pool = network.make_pool();
  const std::vector<double> each =
      log_probabilities(network, network.decode({tokens, keys, rows_per_source}, caches, pool), targets);

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
