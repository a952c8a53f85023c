// The loop: what a source gets depends on nothing but the source, and each candidate keeps its promises.
#include "backbones/decoding/candidates.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "backbones/decoding/sampler.h"
#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "tests/unit/decoding/toy_network.h"

namespace decoding {
namespace {

using backbones::GenerationOptions;
using backbones::Protocol;
using testing::kEnd;
using testing::kPad;
using testing::Toy;
using testing::ToyNetwork;

std::vector<Source> sources_of(std::int32_t count) {
  std::vector<Source> sources;
  for (std::int32_t i = 0; i < count; ++i) {
    sources.push_back({{i + 10, 3, kEnd}, core::hash64("instruction " + std::to_string(i))});
  }
  return sources;
}

GenerationOptions paper(Protocol protocol = Protocol::kTransformers) {
  GenerationOptions options;
  options.decodings = backbones::decodings_from("paper");
  options.protocol = protocol;
  options.max_length = 16;
  options.seed = 42;
  return options;
}

bool same(const std::vector<Sequence>& a, const std::vector<Sequence>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Sequence& x, const Sequence& y) {
    return x.ids == y.ids && x.log_likelihood == y.log_likelihood && x.end == y.end && x.decoding == y.decoding &&
           x.draw == y.draw;
  });
}

const Toy kToy{9, 90, 2.0f, 2.0f, false};

TEST(Candidates, SeventeenByDecodingThenDraw) {
  const auto results = decode(ToyNetwork(kToy), sources_of(3), paper());
  ASSERT_EQ(results.size(), 3u);
  for (const auto& candidates : results) {
    ASSERT_EQ(candidates.size(), 17u);
    for (std::size_t i = 0; i < 17; ++i) {
      EXPECT_EQ(candidates[i].decoding, i == 0 ? 0 : (i + 3) / 4);
      EXPECT_EQ(candidates[i].draw, i == 0 ? 0 : static_cast<std::int64_t>((i - 1) % 4));
    }
  }
}

TEST(Candidates, EachKeepsItsPromises) {
  const std::vector<Source> sources = sources_of(40);
  int eos = 0, length = 0;
  for (const Protocol protocol : {Protocol::kTransformers, Protocol::kCappy2023}) {
    GenerationOptions options = paper(protocol);
    options.min_length = 3;
    const auto results = decode(ToyNetwork(kToy), sources, options);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      for (const Sequence& sequence : results[i]) {
        double log_likelihood = 0;
        std::vector<std::int32_t> prefix;
        for (const std::int32_t id : sequence.ids) {
          const auto logits = testing::toy_logits(kToy, sources[i].ids, prefix);
          log_likelihood += testing::log_softmax(logits)[static_cast<std::size_t>(id)];
          prefix.push_back(id);
        }
        EXPECT_NEAR(sequence.log_likelihood, log_likelihood,
                    1e-5);  // the raw distribution, also for beams and warped draws
        EXPECT_EQ(std::count(sequence.ids.begin(), sequence.ids.end() - 1, kEnd), 0);
        EXPECT_EQ(sequence.end == core::End::kEos, sequence.ids.back() == kEnd);
        EXPECT_TRUE(sequence.end == core::End::kEos || sequence.ids.size() == 15u);
        ++(sequence.end == core::End::kEos ? eos : length);
      }
    }
  }
  EXPECT_GT(eos, 400);
  EXPECT_GT(length, 20);
}

TEST(Candidates, MinimumLengthByProtocol) {
  Toy toy = kToy;
  toy.end_bias = 50;  // ends as soon as it may
  GenerationOptions options = paper();
  options.min_length = 3;
  for (const auto& [protocol, generated] : {std::pair(Protocol::kTransformers, 3u), std::pair(Protocol::kT0, 3u),
                                            std::pair(Protocol::kLmEval, 3u), std::pair(Protocol::kCappy2023, 4u)}) {
    options.protocol = protocol;
    const auto results = decode(ToyNetwork(toy), sources_of(2), options);
    for (const auto& sequence : results[1]) {
      EXPECT_EQ(sequence.ids.size(), generated) << to_string(protocol) << " " << sequence.decoding;
      EXPECT_EQ(sequence.end, core::End::kEos);
    }
  }
}

TEST(Candidates, DrawsAreTheKeyedUniformsOfTheSampler) {
  GenerationOptions options = paper();
  const std::vector<Source> sources = sources_of(4);
  const auto results = decode(ToyNetwork(kToy), sources, options);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (std::size_t c = 1; c < results[i].size(); ++c) {
      const Sequence& sequence = results[i][c];
      const backbones::Decoding& decoding = options.decodings[sequence.decoding];
      const Sampler sampler(decoding, options.protocol);
      const core::DrawKey key{42, sources[i].instruction, core::hash64(parameters_json(decoding)),
                              static_cast<std::uint32_t>(sequence.draw)};
      std::vector<std::int32_t> prefix;
      for (const std::int32_t id : sequence.ids) {
        const auto step = static_cast<std::uint32_t>(prefix.size());
        ASSERT_EQ(id, sampler.draw(testing::toy_logits(kToy, sources[i].ids, prefix), core::uniform(key, step)));
        prefix.push_back(id);
      }
    }
  }
}

TEST(Candidates, BatchOrderThreadsAndCompanyChangeNothing) {
  const ToyNetwork network(kToy);
  for (const Protocol protocol : {Protocol::kTransformers, Protocol::kCappy2023}) {
    const GenerationOptions options = paper(protocol);
    const std::vector<Source> sources = sources_of(23);
    const auto together = decode(network, sources, options);
    std::vector<Source> reversed(sources.rbegin(), sources.rend());
    const auto backwards = decode(network, reversed, options);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      EXPECT_TRUE(same(together[i], backwards[sources.size() - 1 - i]));
      EXPECT_TRUE(same(together[i], decode(network, std::span(&sources[i], 1), options)[0]));
    }
    at::set_num_threads(2);
    EXPECT_TRUE(same(decode(network, sources, options)[7], together[7]));
    at::set_num_threads(1);
    for (std::size_t d = 0; d < options.decodings.size(); ++d) {  // a decoding alone, without the others' rows
      GenerationOptions alone = options;
      alone.decodings = {options.decodings[d]};
      const auto results = decode(network, sources, alone);
      for (std::size_t i = 0; i < sources.size(); ++i) {
        std::vector<Sequence> part;
        for (Sequence sequence : together[i]) {
          if (sequence.decoding != d) continue;
          sequence.decoding = 0;
          part.push_back(sequence);
        }
        EXPECT_TRUE(same(part, results[i]));
      }
    }
  }
}

TEST(Candidates, EqualInstructionsShareDrawsAndSeedsDiffer) {
  const std::vector<Source> one = sources_of(1);
  const std::vector<Source> twice = {one[0], sources_of(2)[1], one[0]};
  const auto results = decode(ToyNetwork(kToy), twice, paper());
  EXPECT_TRUE(same(results[0], results[2]));
  GenerationOptions options = paper();
  options.seed = 43;
  EXPECT_FALSE(same(results[0], decode(ToyNetwork(kToy), one, options)[0]));
  std::set<std::vector<std::int32_t>> distinct;
  for (const Sequence& sequence : results[0]) distinct.insert(sequence.ids);
  EXPECT_GT(distinct.size(), 8u);  // the draws of one instruction are not one draw
}

TEST(Candidates, MoreDrawsLeaveTheFirstOnesAlone) {
  GenerationOptions options = paper();
  options.decodings = backbones::decodings_from("sample:3");
  const auto three = decode(ToyNetwork(kToy), sources_of(2), options);
  options.decodings = backbones::decodings_from("sample:9");
  const auto nine = decode(ToyNetwork(kToy), sources_of(2), options);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(same(three[i], {nine[i].begin(), nine[i].begin() + 3}));
  }
}

TEST(Candidates, FinishedRowsLeaveTheBatch) {
  const ToyNetwork network(kToy);
  const std::vector<Source> sources = sources_of(12);  // all at once: 240 rows
  const auto results = decode(network, sources, paper());
  ASSERT_EQ(network.rows_per_step[0], 12);  // one row a source serves all its searches
  std::size_t longest = 0;
  for (const auto& candidates : results) {
    for (const Sequence& sequence : candidates) longest = std::max(longest, sequence.ids.size());
  }
  EXPECT_LE(network.rows_per_step.size(), 15u);
  EXPECT_GE(network.rows_per_step.size(), longest);
  EXPECT_GT(network.rows_per_step[1], 12 * 15);  // some draw the end of sequence at once
  EXPECT_TRUE(std::is_sorted(network.rows_per_step.rbegin(), network.rows_per_step.rend() - 1));
  EXPECT_LT(network.rows_per_step.back(), 12 * 20);
}

TEST(Candidates, TheNextInstructionsComeInWhenHalfHasLeft) {
  const ToyNetwork network(kToy);
  const std::vector<Source> sources = sources_of(150);
  GenerationOptions options = paper();
  const auto together = decode(network, sources, options);
  const std::vector<std::int64_t> steps = network.rows_per_step;
  EXPECT_LE(*std::max_element(steps.begin(), steps.end()), 256);
  const double rows = std::accumulate(steps.begin(), steps.end(), 0.0);
  constexpr double kStepsOfBatches = 13 * 15;  // 13 batches of 12, each to its longest output
  EXPECT_LT(static_cast<double>(steps.size()), 0.9 * kStepsOfBatches);
  EXPECT_GT(rows / static_cast<double>(steps.size()), 100);
  options.batch_tokens = 1;  // one instruction at a time
  const auto apart = decode(network, std::span(sources).first(20), options);
  for (std::size_t i = 0; i < apart.size(); ++i) EXPECT_TRUE(same(together[i], apart[i]));
  options.batch_tokens = 50;
  const auto few = decode(network, std::span(sources).first(40), options);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_TRUE(same(together[i], few[i]));
}

TEST(Candidates, GreedyTakesTheHighestAndOfEqualsTheLowestToken) {
  Toy toy = kToy;
  toy.quantised = true;
  GenerationOptions options = paper();
  options.decodings = backbones::decodings_from("greedy");
  const std::vector<Source> sources = sources_of(20);
  const auto results = decode(ToyNetwork(toy), sources, options);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    std::vector<std::int32_t> prefix;
    for (const std::int32_t id : results[i][0].ids) {
      const auto logits = testing::toy_logits(toy, sources[i].ids, prefix);
      ASSERT_EQ(id, std::max_element(logits.begin(), logits.end()) - logits.begin());
      prefix.push_back(id);
    }
  }
}

TEST(Candidates, SeveralBeamsAreReturnedInOrder) {
  GenerationOptions options = paper();
  backbones::Decoding beams = backbones::decodings_from("beam:4")[0];
  beams.num_return_sequences = 4;
  options.decodings = {beams};
  const auto results = decode(ToyNetwork(kToy), sources_of(6), options);
  for (const auto& sequences : results) {
    ASSERT_EQ(sequences.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(sequences[i].draw, static_cast<std::int64_t>(i));
      if (i == 0) continue;
      const auto mean = [](const Sequence& s) { return s.log_likelihood / static_cast<double>(s.ids.size()); };
      EXPECT_GE(mean(sequences[i - 1]), mean(sequences[i]));
    }
  }
}

TEST(Candidates, NonsenseIsRefused) {
  const ToyNetwork network(kToy);
  GenerationOptions options = paper();
  EXPECT_TRUE(decode(network, {}, options).empty());
  options.max_length = 1;
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
  options = paper();
  options.decodings.clear();
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
  options = paper();
  options.decodings[1].num_beams = 2;
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
  Toy broken = kToy;
  broken.end_bias = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(decode(ToyNetwork(broken), sources_of(2), paper()), std::runtime_error);
  options = paper(Protocol::kCappy2023);
  options.decodings[1].stop_strings = {"a"};
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
}

TEST(Candidates, APromptTakesItsLengthOfWhatFits) {
  ToyNetwork network(kToy);
  network.decoder_only = true;  // the prompt is the source: 3 tokens
  GenerationOptions options = paper();
  options.max_length = 9;
  options.min_length = 5;
  for (const auto& candidates : decode(network, sources_of(20), options))
    for (const Sequence& sequence : candidates) {
      EXPECT_LE(sequence.ids.size(), 6u);
      EXPECT_GE(sequence.ids.size(), 3u);
      EXPECT_EQ(sequence.end == core::End::kLength, sequence.ids.back() != kEnd);
    }
  options.max_length = 3;
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
  options.max_length = 33;
  network.positions = 31;
  EXPECT_THROW(decode(network, sources_of(1), options), std::invalid_argument);
}

TEST(Candidates, StopStringsEndSequencesAndChangeNothingBefore) {
  TokenTexts texts(90);
  for (std::size_t id = 0; id < texts.size(); ++id) texts[id] = std::string(1, static_cast<char>('a' + id % 6));
  GenerationOptions plain = paper();
  plain.decodings = backbones::decodings_from("greedy");
  GenerationOptions stopping = plain;
  stopping.decodings[0].stop_strings = {"be", "ac"};
  const std::vector<Source> sources = sources_of(60);
  const auto free = decode(ToyNetwork(kToy), sources, plain);
  const auto stopped = decode(ToyNetwork(kToy), sources, stopping, texts);
  int stops = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto text_of = [&](std::size_t count) {
      std::string text = texts[kPad];  // a string may begin in what stands before the first new token
      for (std::size_t k = 0; k < count; ++k) text += texts[static_cast<std::size_t>(free[i][0].ids[k])];
      return text;
    };
    std::size_t count = 1;
    const auto completed = [&](const std::string& text) { return text.ends_with("be") || text.ends_with("ac"); };
    while (count < free[i][0].ids.size() && !completed(text_of(count))) ++count;
    const bool ended = free[i][0].ids[count - 1] == kEnd;
    EXPECT_TRUE(std::equal(stopped[i][0].ids.begin(), stopped[i][0].ids.end(), free[i][0].ids.begin(),
                           free[i][0].ids.begin() + static_cast<std::ptrdiff_t>(count)));
    EXPECT_EQ(stopped[i][0].end, ended                       ? core::End::kEos
                                 : completed(text_of(count)) ? core::End::kStop
                                                             : core::End::kLength);
    stops += stopped[i][0].end == core::End::kStop;
  }
  EXPECT_GT(stops, 5);
}

}  // namespace
}  // namespace decoding
