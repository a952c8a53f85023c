// Beam search against naive twins, plain transcriptions of the two references over flat lists and full sorts
// (`torch.topk` and `lax.top_k` become stable sorts), and against exhaustive search where the vocabulary is tiny.
#include "backbones/decoding/beam_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "tests/unit/decoding/toy_network.h"

namespace decoding {
namespace {

using backbones::Decoding;
using backbones::Protocol;
using testing::kEnd;
using testing::Toy;
using Ids = std::vector<std::int32_t>;
using Early = Decoding::EarlyStopping;

const Ids kSource = {5, 6, 7};
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// Drives a BeamSearch by the toy's logits.
std::vector<Sequence> search(const Toy& toy, const Decoding& decoding, const EndRule& rule) {
  BeamSearch beams(decoding, rule);
  std::vector<Ids> rows(static_cast<std::size_t>(decoding.num_beams));
  while (true) {
    std::vector<float> logits;
    for (const Ids& ids : rows) {
      for (const float logit : testing::toy_logits(toy, kSource, ids)) logits.push_back(logit);
    }
    std::vector<Ids> next;
    for (const auto& [row, token] :
         beams.advance({logits.data(), static_cast<std::int64_t>(rows.size()), toy.vocabulary})) {
      next.push_back(rows.at(static_cast<std::size_t>(row)));
      next.back().push_back(token);
    }
    if (next.empty()) return beams.sequences();
    rows = std::move(next);
  }
}

template <class T>
std::vector<std::size_t> top(const std::vector<T>& values, std::size_t k) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  places.resize(k);
  return places;
}

/// The state of both twins: `sequences` are the finished slots, `running` the beams.
struct TwinState {
  std::vector<Ids> running, sequences;
  std::vector<double> running_scores, scores;
  std::vector<bool> is_sent_finished;
  explicit TwinState(std::size_t beams, double low)
      : running(beams), sequences(beams), running_scores(beams, low), scores(beams, low), is_sent_finished(beams) {
    running_scores[0] = 0;
  }
  bool all_finished() const {
    return std::all_of(is_sent_finished.begin(), is_sent_finished.end(), [](bool finished) { return finished; });
  }
};

/// log_softmax, the minimum length on log-probabilities, the running score, flattened to [b * V].
std::vector<double> accumulated(const Toy& toy, const TwinState& state, bool end_is_blocked) {
  std::vector<double> flat;
  for (std::size_t beam = 0; beam < state.running.size(); ++beam) {
    std::vector<double> log_probs = testing::log_softmax(testing::toy_logits(toy, kSource, state.running[beam]));
    if (end_is_blocked) log_probs[kEnd] = kMinusInfinity;
    for (const double log_prob : log_probs) flat.push_back(log_prob + state.running_scores[beam]);
  }
  return flat;
}

struct Step {
  std::vector<Ids> sequences;
  std::vector<double> log_probs;
  std::vector<bool> stops;
};

Step top_continuations(const Toy& toy, const TwinState& state, bool end_is_blocked) {
  const std::vector<double> flat = accumulated(toy, state, end_is_blocked);
  const auto vocabulary = static_cast<std::size_t>(toy.vocabulary);
  Step step;
  for (const std::size_t index : top(flat, 2 * state.running.size())) {
    step.sequences.push_back(state.running[index / vocabulary]);
    step.sequences.back().push_back(static_cast<std::int32_t>(index % vocabulary));
    step.log_probs.push_back(flat[index]);
    step.stops.push_back(step.sequences.back().back() == kEnd);
  }
  return step;
}

void run_on(TwinState& state, const Step& step, double low) {
  std::vector<double> running = step.log_probs;
  for (std::size_t i = 0; i < running.size(); ++i) running[i] += step.stops[i] ? low : 0;
  const std::size_t beams = state.running.size();
  state.running.clear();
  state.running_scores.clear();
  for (const std::size_t index : top(running, beams)) {
    state.running.push_back(step.sequences[index]);
    state.running_scores.push_back(running[index]);
  }
}

void merge(TwinState& state, const Step& step, const std::vector<double>& scores, const std::vector<bool>& finished) {
  const std::size_t beams = state.sequences.size();
  TwinState merged = state;
  merged.sequences.insert(merged.sequences.end(), step.sequences.begin(), step.sequences.end());
  merged.scores.insert(merged.scores.end(), scores.begin(), scores.end());
  merged.is_sent_finished.insert(merged.is_sent_finished.end(), finished.begin(), finished.end());
  state.sequences.clear();
  state.scores.clear();
  state.is_sent_finished.clear();
  for (const std::size_t index : top(merged.scores, beams)) {
    state.sequences.push_back(merged.sequences[index]);
    state.scores.push_back(merged.scores[index]);
    state.is_sent_finished.push_back(merged.is_sent_finished[index]);
  }
}

/// generation/utils.py, _beam_search and its helpers, for a batch of one.
TwinState pytorch_twin(const Toy& toy, const Decoding& decoding, std::int64_t max_length, std::int64_t min_length) {
  const auto beams = static_cast<std::size_t>(decoding.num_beams);
  TwinState state(beams, -1e9);
  bool heuristic_unsatisfied = true;
  const double penalty = decoding.length_penalty;
  for (std::int64_t cur_len = 1;;) {
    Step step = top_continuations(toy, state, cur_len < min_length);
    for (std::size_t i = 0; i < step.stops.size(); ++i) {
      if (cur_len + 1 >= max_length) step.stops[i] = true;
    }
    const bool full_before = state.all_finished() && decoding.early_stopping == Early::kTrue;
    run_on(state, step, -1e9);
    std::vector<double> scores = step.log_probs;
    std::vector<bool> finished(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      finished[i] = step.stops[i] && i < beams;
      scores[i] /= std::pow(cur_len + 1 - 1, penalty);
      scores[i] += full_before ? -1e9 : 0;
      scores[i] += heuristic_unsatisfied ? 0 : -1e9;
      scores[i] += finished[i] ? 0 : -1e9;
    }
    merge(state, step, scores, finished);
    ++cur_len;
    const bool never = decoding.early_stopping == Early::kNever && penalty > 0;
    const double best = state.running_scores[0] / std::pow(never ? max_length - 1 : cur_len - 1, penalty);
    const double worst_score = *std::min_element(state.scores.begin(), state.scores.end());
    bool any = false;
    for (const bool slot : state.is_sent_finished) any = any || best > (slot ? worst_score : -1e9);
    heuristic_unsatisfied = heuristic_unsatisfied && any;
    const bool exists_open_beam = !(state.all_finished() && decoding.early_stopping == Early::kTrue);
    const bool all_stop = std::all_of(step.stops.begin(), step.stops.end(), [](bool stop) { return stop; });
    if (!(heuristic_unsatisfied && exists_open_beam && !all_stop)) return state;
  }
}

/// flax_utils.py between #20901 and #27351, _beam_search, the stop test for a batch of one.
TwinState flax_twin(const Toy& toy, const Decoding& decoding, std::int64_t max_length, std::int64_t min_length) {
  TwinState state(static_cast<std::size_t>(decoding.num_beams), -1e7);
  const double penalty = decoding.length_penalty;
  for (std::int64_t cur_len = 1;; ++cur_len) {
    const bool never = decoding.early_stopping == Early::kNever && penalty > 0;
    const double best = state.running_scores[0] / std::pow(never ? max_length : cur_len, penalty);
    const double worst_score = *std::min_element(state.scores.begin(), state.scores.end());
    bool improvement = false;
    for (const bool slot : state.is_sent_finished) improvement = improvement || best > (slot ? worst_score : -1e7);
    const bool full = state.all_finished() && decoding.early_stopping == Early::kTrue;
    if (!(cur_len < max_length && !full && improvement)) return state;
    const Step step = top_continuations(toy, state, cur_len <= min_length);
    run_on(state, step, -1e7);
    std::vector<double> scores = step.log_probs;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = scores[i] / std::pow(cur_len, penalty) + (step.stops[i] && !full ? 0 : -1e7);
    }
    merge(state, step, scores, step.stops);
  }
}

/// What a twin returns, best first: the finished, else (Flax) the running.
std::vector<Ids> result_of(const TwinState& state) {
  std::vector<Ids> ids;
  for (std::size_t i = 0; i < state.sequences.size(); ++i) {
    if (state.is_sent_finished[i]) ids.push_back(state.sequences[i]);
  }
  return ids.empty() ? state.running : ids;
}

double score_of(const Toy& toy, const Ids& ids) {
  double sum = 0;
  Ids prefix;
  for (const std::int32_t id : ids) {
    sum += testing::log_softmax(testing::toy_logits(toy, kSource, prefix))[static_cast<std::size_t>(id)];
    prefix.push_back(id);
  }
  return sum;
}

struct Case {
  Toy toy;
  Decoding decoding;
  EndRule rule;
};

Case random_case(std::mt19937& generator) {
  Case one;
  one.toy = {generator(), 9 + static_cast<std::int64_t>(generator() % 30), 0.5f + static_cast<float>(generator() % 4),
             static_cast<float>(generator() % 5) - 1.0f, false};
  one.decoding.num_beams = 2 + static_cast<int>(generator() % 4);
  one.decoding.num_return_sequences = 1 + static_cast<int>(generator()) % one.decoding.num_beams;
  one.decoding.num_return_sequences = std::clamp(one.decoding.num_return_sequences, 1, one.decoding.num_beams);
  const double penalties[] = {1.0, 0.0, 0.6, 2.0, -1.0};
  one.decoding.length_penalty = penalties[generator() % 5];
  one.decoding.early_stopping = static_cast<Early>(generator() % 3);
  one.rule = {kEnd, 2 + static_cast<std::int64_t>(generator() % 14), static_cast<std::int64_t>(generator() % 5),
              generator() % 2 == 0 ? Protocol::kTransformers : Protocol::kCappy2023};
  return one;
}

TEST(BeamSearch, EqualsTheTwinsOfBothReferences) {
  std::mt19937 generator(11);
  int ended = 0, at_limit = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const auto [toy, decoding, rule] = random_case(generator);
    const bool flax = rule.protocol == Protocol::kCappy2023;
    const std::vector<Ids> expected =
        result_of((flax ? flax_twin : pytorch_twin)(toy, decoding, rule.max_length, rule.min_length));
    const std::vector<Sequence> mine = search(toy, decoding, rule);
    ASSERT_EQ(mine.size(), static_cast<std::size_t>(decoding.num_return_sequences));
    for (std::size_t i = 0; i < std::min(mine.size(), expected.size()); ++i) {
      ASSERT_EQ(mine[i].ids, expected[i]) << "trial " << trial << " rank " << i << " flax " << flax << " "
                                          << backbones::parameters_json(decoding) << " max " << rule.max_length;
      ASSERT_NEAR(mine[i].log_likelihood, score_of(toy, mine[i].ids), 1e-5);
      ASSERT_EQ(mine[i].end, mine[i].ids.back() == kEnd ? core::End::kEos : core::End::kLength);
    }
    ++(mine[0].end == core::End::kEos ? ended : at_limit);
  }
  EXPECT_GT(ended, 500);
  EXPECT_GT(at_limit, 100);
}

/// Calls `visit` with every sequence that ends: by the end of sequence, or at `most` tokens.
void every_sequence(const Toy& toy, Ids& prefix, std::size_t most, const std::function<void(const Ids&)>& visit) {
  for (std::int32_t token = 0; token < toy.vocabulary; ++token) {
    prefix.push_back(token);
    if (token == kEnd || prefix.size() == most) {
      visit(prefix);
    } else {
      every_sequence(toy, prefix, most, visit);
    }
    prefix.pop_back();
  }
}

TEST(BeamSearch, WideBeamsFindWhatExhaustiveSearchFinds) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Case one;
    one.toy = {seed, 4, 1.5f, 0.5f, false};
    one.decoding.num_beams = 128;  // more than the 3^4 prefixes of five tokens times their extensions could ever need
    one.decoding.early_stopping = Early::kNever;
    one.decoding.length_penalty = static_cast<double>(seed % 3) / 2;
    one.rule = {kEnd, 6, 0, Protocol::kTransformers};
    Ids best, prefix;
    double best_score = kMinusInfinity;
    every_sequence(one.toy, prefix, 5, [&](const Ids& ids) {
      const double score = score_of(one.toy, ids) / std::pow(ids.size(), one.decoding.length_penalty);
      if (score > best_score) std::tie(best_score, best) = std::pair(score, ids);
    });
    EXPECT_EQ(search(one.toy, one.decoding, one.rule)[0].ids, best) << seed;
  }
}

TEST(BeamSearch, OneBeamMoreNeverHurtsGreedyAtLengthTwo) {
  // At max_length 2 one token is generated: the result is the most probable one, whatever the beams.
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Toy toy{seed, 20, 2.0f, 0.0f, false};
    Decoding decoding;
    decoding.num_beams = 3;
    const std::vector<float> logits = testing::toy_logits(toy, kSource, {});
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    EXPECT_EQ(search(toy, decoding, {kEnd, 2, 0, Protocol::kTransformers})[0].ids, Ids{static_cast<int>(best)});
  }
}

TEST(BeamSearch, TiesGoToTheLowerBeamAndToken) {
  const Toy toy{3, 12, 1.0f, 0.0f, true};
  Decoding decoding;
  decoding.num_beams = 4;
  decoding.num_return_sequences = 4;
  for (const Protocol protocol : {Protocol::kTransformers, Protocol::kCappy2023}) {
    const auto twin = protocol == Protocol::kCappy2023 ? flax_twin : pytorch_twin;
    const std::vector<Ids> expected = result_of(twin(toy, decoding, 2, 0));
    EXPECT_EQ(search(toy, decoding, {kEnd, 2, 0, protocol})[0].ids, expected[0]);
  }
}

TEST(BeamSearch, MoreSequencesThanBeamsAreRefused) {
  Decoding decoding;
  decoding.num_beams = 2;
  decoding.num_return_sequences = 3;
  EXPECT_THROW(BeamSearch(decoding, {kEnd, 8, 0, Protocol::kTransformers}), std::invalid_argument);
}

}  // namespace
}  // namespace decoding
