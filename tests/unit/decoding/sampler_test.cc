// The sampler against naive twins that sort the whole vocabulary, as the two references do, and against the frequencies
// that probabilities promise.
#include "backbones/decoding/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "harness/core/random.h"

namespace decoding {
namespace {

using backbones::Decoding;
using backbones::Protocol;

struct Twin {
  std::map<std::int32_t, double> probabilities;
  bool near_boundary = false;  // a cumulative sum lies so near to p that the order of addition decides
};

std::vector<std::size_t> order(const std::vector<float>& values, bool ascending) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return ascending ? values[a] < values[b] : values[a] > values[b];
  });
  return places;
}

std::vector<double> softmax(const std::vector<float>& values) {
  const double top = *std::max_element(values.begin(), values.end());
  std::vector<double> result;
  double sum = 0;
  for (const float value : values) sum += std::exp(value - top);
  for (const float value : values) result.push_back(std::exp(value - top) / sum);
  return result;
}

/// logits_process.py of transformers 5.23.0, line by line: masks over the vocabulary, full sorts.
Twin pytorch_twin(std::vector<float> scores, const Decoding& decoding) {
  Twin twin;
  constexpr float kMasked = -std::numeric_limits<float>::infinity();
  for (float& score : scores) score /= static_cast<float>(decoding.temperature);
  if (decoding.top_k > 0) {
    const std::size_t k = std::min(static_cast<std::size_t>(decoding.top_k), scores.size());
    const float kth = scores[order(scores, false)[k - 1]];
    for (float& score : scores) {
      if (score < kth) score = kMasked;
    }
  }
  if (decoding.top_p < 1) {
    const std::vector<double> probabilities = softmax(scores);
    const std::vector<std::size_t> ascending = order(scores, true);
    double cumulative = 0;
    for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
      cumulative += probabilities[ascending[i]];
      if (std::abs(cumulative - (1 - decoding.top_p)) < 1e-12) twin.near_boundary = true;
      if (cumulative <= 1 - decoding.top_p) scores[ascending[i]] = kMasked;
    }
  }
  const std::vector<double> probabilities = softmax(scores);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (probabilities[i] > 0) twin.probabilities[static_cast<std::int32_t>(i)] = probabilities[i];
  }
  return twin;
}

/// flax_logits_process.py, line by line: sort down, mask by rank.
Twin flax_twin(std::vector<float> scores, const Decoding& decoding) {
  Twin twin;
  constexpr float kMasked = -std::numeric_limits<float>::infinity();
  for (float& score : scores) score /= static_cast<float>(decoding.temperature);
  if (decoding.top_k > 0) {
    const std::vector<std::size_t> falling = order(scores, false);
    for (std::size_t i = static_cast<std::size_t>(decoding.top_k); i < falling.size(); ++i) {
      scores[falling[i]] = kMasked;
    }
  }
  if (decoding.top_p < 1) {
    const std::vector<double> probabilities = softmax(scores);
    const std::vector<std::size_t> falling = order(scores, false);
    double before = 0;
    for (std::size_t i = 0; i < falling.size(); ++i) {
      if (std::abs(before - decoding.top_p) < 1e-12) twin.near_boundary = true;
      if (i > 0 && !(before < decoding.top_p)) scores[falling[i]] = kMasked;
      before += probabilities[falling[i]];
    }
  }
  const std::vector<double> probabilities = softmax(scores);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (probabilities[i] > 0) twin.probabilities[static_cast<std::int32_t>(i)] = probabilities[i];
  }
  return twin;
}

Decoding random_decoding(std::mt19937& generator) {
  Decoding decoding;
  decoding.do_sample = true;
  const double temperatures[] = {1.0, 0.9, 0.3, 2.5};
  const int top_ks[] = {50, 40, 0, 1, 5, 1000};
  const double top_ps[] = {1.0, 0.95, 0.5, 0.999, 0.05};
  decoding.temperature = temperatures[generator() % 4];
  decoding.top_k = top_ks[generator() % 6];
  decoding.top_p = top_ps[generator() % 5];
  return decoding;
}

std::vector<float> random_logits(std::mt19937& generator, std::size_t size, bool quantised) {
  std::normal_distribution<float> normal(0.0f, 2.5f);
  std::vector<float> logits(size);
  for (float& logit : logits) logit = quantised ? std::round(normal(generator)) : normal(generator);
  return logits;
}

TEST(Sampler, EqualsTheTwinsThatSortEverything) {
  std::mt19937 generator(1);
  int compared = 0;
  for (int trial = 0; trial < 1500; ++trial) {
    const Decoding decoding = random_decoding(generator);
    const std::size_t size = trial % 100 == 0 ? 32128 : 2 + generator() % 300;
    std::vector<float> logits = random_logits(generator, size, trial % 2 == 0);
    if (trial % 5 == 0) logits[1] = -std::numeric_limits<float>::infinity();  // a forbidden end of sequence
    const bool flax = trial % 3 == 0;
    const Twin twin = flax ? flax_twin(logits, decoding) : pytorch_twin(logits, decoding);
    if (twin.near_boundary) continue;
    ++compared;
    const Sampler sampler(decoding, flax ? Protocol::kCappy2023 : Protocol::kTransformers);
    std::map<std::int32_t, double> mine;
    double sum = 0;
    std::int32_t previous = -1;
    for (const auto& [token, weight] : sampler.kept(logits)) {
      ASSERT_GT(token, previous);
      previous = token;
      if (weight > 0) mine[token] = weight;
      sum += weight;
    }
    ASSERT_EQ(mine.size(), twin.probabilities.size()) << backbones::parameters_json(decoding) << " flax " << flax;
    for (const auto& [token, weight] : mine) {
      ASSERT_TRUE(twin.probabilities.count(token)) << token;
      ASSERT_NEAR(weight / sum, twin.probabilities.at(token), 1e-9);
    }
  }
  EXPECT_GT(compared, 1350);
}

TEST(Sampler, TiesAtTheKthLogitByDialect) {
  Decoding decoding;
  decoding.do_sample = true;
  decoding.top_k = 2;
  const std::vector<float> logits = {1, 3, 2, 2, 2, 0};
  const auto tokens = [&](Protocol protocol) {
    std::vector<std::int32_t> result;
    for (const auto& kept : Sampler(decoding, protocol).kept(logits)) result.push_back(kept.token);
    return result;
  };
  EXPECT_EQ(tokens(Protocol::kTransformers), (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(tokens(Protocol::kT0), (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(tokens(Protocol::kLmEval), (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(tokens(Protocol::kCappy2023), (std::vector<std::int32_t>{1, 2}));
}

TEST(Sampler, InverseOfTheCumulativeDistribution) {
  Decoding decoding;
  decoding.do_sample = true;
  decoding.top_k = 3;  // of probabilities 1/7, 2/7, 4/7 at tokens 0, 2, 3
  const std::vector<float> logits = {0.0f, -9.0f, std::log(2.0f), std::log(4.0f)};
  const Sampler sampler(decoding, Protocol::kTransformers);
  EXPECT_EQ(sampler.draw(logits, 0.0), 0);
  EXPECT_EQ(sampler.draw(logits, 1.0 / 7 - 1e-6), 0);
  EXPECT_EQ(sampler.draw(logits, 1.0 / 7 + 1e-6), 2);
  EXPECT_EQ(sampler.draw(logits, 3.0 / 7 - 1e-6), 2);
  EXPECT_EQ(sampler.draw(logits, 3.0 / 7 + 1e-6), 3);
  EXPECT_EQ(sampler.draw(logits, 1.0 - 0x1p-53), 3);
}

/// Pearson's statistic of draws with the harness's own random numbers; its mean is the degrees of freedom.
double chi_square(const Sampler& sampler, const std::vector<float>& logits, std::uint64_t seed) {
  constexpr int kDraws = 40000;
  std::map<std::int32_t, int> counts;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    ++counts[sampler.draw(logits, core::uniform({seed, 77, 99, draw / 8}, draw % 8))];
  }
  double sum = 0;
  const std::vector<TokenWeight> kept = sampler.kept(logits);
  for (const auto& token : kept) sum += token.weight;
  double statistic = 0;
  for (const auto& [token, weight] : kept) {
    const double expected = kDraws * weight / sum;
    statistic += (counts[token] - expected) * (counts[token] - expected) / expected;
    counts.erase(token);
  }
  EXPECT_TRUE(counts.empty());  // nothing outside the kept tokens
  return statistic;
}

TEST(Sampler, FrequenciesFollowTheProbabilities) {
  std::mt19937 generator(3);
  for (std::uint64_t trial = 0; trial < 12; ++trial) {
    std::vector<float> logits = random_logits(generator, 30, false);
    for (float& logit : logits) logit /= 2;  // no cell so rare that the statistic would be wild
    Decoding decoding;
    decoding.do_sample = true;
    decoding.top_k = trial % 2 == 0 ? 10 : 0;
    decoding.top_p = trial % 3 == 0 ? 0.9 : 1.0;
    decoding.temperature = trial % 4 == 0 ? 0.9 : 1.0;
    const Sampler sampler(decoding, trial % 2 == 0 ? Protocol::kCappy2023 : Protocol::kTransformers);
    const double freedom = static_cast<double>(sampler.kept(logits).size()) - 1;
    EXPECT_LT(chi_square(sampler, logits, trial), freedom + 4 * std::sqrt(2 * freedom) + 4) << trial;
  }
}

TEST(Sampler, BadParametersAreRefused) {
  Decoding decoding;
  decoding.temperature = 0;
  EXPECT_THROW(Sampler(decoding, Protocol::kTransformers), std::invalid_argument);
  decoding = {};
  decoding.top_p = 0;
  EXPECT_THROW(Sampler(decoding, Protocol::kTransformers), std::invalid_argument);
  decoding = {};
  decoding.top_k = -1;
  EXPECT_THROW(Sampler(decoding, Protocol::kTransformers), std::invalid_argument);
}

}  // namespace
}  // namespace decoding
