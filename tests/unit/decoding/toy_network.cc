#include "tests/unit/decoding/toy_network.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace decoding::testing {
namespace {

/// The finaliser of SplitMix64.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class ToySession : public DecoderSession {
 public:
  ToySession(const Toy& toy, std::span<const std::vector<std::int32_t>> sources, std::vector<std::int64_t>& rows_log)
      : toy_(toy), sources_(sources.begin(), sources.end()), rows_log_(rows_log) {
    rows_log_.clear();
  }

  void start(std::span<const std::int64_t> rows_per_source) override {
    if (rows_per_source.size() != sources_.size()) throw std::logic_error("start: one count per source");
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      for (std::int64_t row = 0; row < rows_per_source[i]; ++row) {
        rows_.push_back({i, toy_state(toy_, sources_[i])});
      }
    }
  }

  void add(std::span<const Ids> sources) override {
    if (rows_.empty()) throw std::logic_error("add: nothing is in flight");
    for (const Ids& source : sources) {
      rows_.push_back({sources_.size(), toy_state(toy_, source)});
      sources_.push_back(source);
    }
  }

  at::Tensor step(std::span<const std::int32_t> tokens) override {
    if (tokens.size() != rows_.size() || rows_.empty()) throw std::logic_error("step: one token per row");
    rows_log_.push_back(static_cast<std::int64_t>(rows_.size()));
    at::Tensor logits = at::empty({static_cast<std::int64_t>(rows_.size()), toy_.vocabulary});
    float* out = logits.data_ptr<float>();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i].state = toy_next(rows_[i].state, tokens[i]);
      for (const float logit : toy_logits(toy_, rows_[i].state)) *out++ = logit;
    }
    return logits;
  }

  std::vector<std::vector<double>> log_likelihoods(std::span<const std::vector<Ids>>) const override {
    throw std::logic_error("the toy is not asked");
  }

  void select(std::span<const std::int64_t> rows) override {
    std::vector<Row> next;
    for (const std::int64_t row : rows) next.push_back(rows_.at(static_cast<std::size_t>(row)));
    const auto by_source = [](const Row& a, const Row& b) { return a.source < b.source; };
    if (next.empty() || !std::is_sorted(next.begin(), next.end(), by_source)) {
      throw std::logic_error("select: the rows of a source stay adjacent and sources keep their order");
    }
    rows_ = std::move(next);
  }

 private:
  struct Row {
    std::size_t source;
    std::uint64_t state;
  };
  Toy toy_;
  std::vector<std::vector<std::int32_t>> sources_;
  std::vector<std::int64_t>& rows_log_;
  std::vector<Row> rows_;
};

}  // namespace

std::uint64_t toy_state(const Toy& toy, const std::vector<std::int32_t>& source) {
  std::uint64_t state = mixed(toy.seed);
  for (const std::int32_t id : source) state = toy_next(state, id);
  return mixed(state ^ 0x5eedu);
}

std::uint64_t toy_next(std::uint64_t state, std::int32_t token) {
  return mixed(state ^ mixed(static_cast<std::uint64_t>(token) + 17));
}

std::vector<float> toy_logits(const Toy& toy, std::uint64_t state) {
  std::vector<float> logits(static_cast<std::size_t>(toy.vocabulary));
  for (std::size_t i = 0; i < logits.size(); ++i) {
    double sum = 0;  // of four uniforms: bell-shaped enough
    for (std::uint64_t part = 0; part < 4; ++part) {
      sum += static_cast<double>(mixed(state ^ mixed(4 * i + part)) >> 11) * 0x1p-53 - 0.5;
    }
    logits[i] = static_cast<float>(sum * 1.7320508) * toy.spread;
    if (i == kEnd) logits[i] += toy.end_bias;
    if (toy.quantised) logits[i] = std::round(logits[i]);
  }
  return logits;
}

std::vector<float> toy_logits(const Toy& toy, const std::vector<std::int32_t>& source,
                              const std::vector<std::int32_t>& ids) {
  std::uint64_t state = toy_next(toy_state(toy, source), kPad);
  for (const std::int32_t id : ids) state = toy_next(state, id);
  return toy_logits(toy, state);
}

std::vector<double> log_softmax(const std::vector<float>& logits) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - (highest + std::log(sum)));
  return result;
}

std::unique_ptr<DecoderSession> ToyNetwork::encode(std::span<const std::vector<std::int32_t>> sources) const {
  return std::make_unique<ToySession>(toy_, sources, rows_per_step);
}

}  // namespace decoding::testing
