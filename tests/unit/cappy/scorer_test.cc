#include "cappy/scorer.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backbones/tokenizer/tokenizer.h"
#include "tests/unit/cappy/model_folder.h"

namespace {

using backbones::InstructionResponse;

std::string words(const std::string& word, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i ? " " : "") + word;
  return text;
}

std::vector<double> values(const std::vector<cappy::Score>& scores) {
  std::vector<double> out;
  for (const auto& score : scores) out.push_back(score.score);
  return out;
}

std::vector<InstructionResponse> some_pairs() {
  std::vector<InstructionResponse> pairs;
  for (int i = 0; i < 14; ++i) pairs.push_back({words("the old bridge", i % 5), words("yes", 1 + i % 3)});
  pairs.push_back({"", ""});
  pairs.push_back({"Sort the following words: pear apple", "apple pear"});
  return pairs;
}

TEST(Scorer, CountsTokensAndCuts) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  const auto scorer = cappy::load_scorer(model_at(model));
  const auto tokenizer = tokenizer::load_tokenizer(model);
  const InstructionResponse pair{words("bridge", 40), "yes"};
  const auto whole = static_cast<std::int64_t>(tokenizer->encode_pair(pair.instruction, pair.response).ids.size());
  ASSERT_GT(whole, 20);
  const auto cut = scorer->score(std::vector{pair}, {.max_length = 20})[0];
  EXPECT_EQ(cut.tokens, 20);
  EXPECT_EQ(cut.tokens_cut, whole - 20);
  const auto fits = scorer->score(std::vector{InstructionResponse{"a", "b"}}, {})[0];
  EXPECT_EQ(fits.tokens_cut, 0);
  EXPECT_NE(fits.score, cut.score);
}

TEST(Scorer, NamesThePairThatIsTooLongForTheModel) {
  const TemporaryFolder folder;
  const auto scorer = cappy::load_scorer(model_at(make_scorer(folder.path(), kSmallSizes)));
  const std::vector<InstructionResponse> pairs{{"short", "yes"}, {words("bridge", 90), "yes"}};
  try {
    scorer->score(pairs, {});
    FAIL() << "a pair beyond the positions was scored";
  } catch (const cappy::PairError& error) {
    EXPECT_EQ(error.pair(), 1u);
    EXPECT_NE(std::string(error.what()).find("pair 2"), std::string::npos) << error.what();
    EXPECT_NE(error.reason().find("64 positions"), std::string::npos) << error.what();
  }
}

TEST(Scorer, EqualPairsHaveOneScoreAndOrderIsKept) {
  const TemporaryFolder folder;
  const auto scorer = cappy::load_scorer(model_at(make_scorer(folder.path(), kSmallSizes)));
  const std::vector<InstructionResponse> pairs{
      {"a", "yes"}, {"the long one of them", "no"}, {"a", "yes"}, {"ay", "es"}};
  const auto scores = values(scorer->score(pairs, {}));
  EXPECT_EQ(scores[0], scores[2]);
  EXPECT_NE(scores[0], scores[1]);
  EXPECT_NE(scores[0], scores[3]);
  EXPECT_TRUE(scorer->score({}, {}).empty());
}

/// A score must be the same bits alone, in any batch, in reverse and with two threads.
void expect_invariant(const std::filesystem::path& model) {
  const auto scorer = cappy::load_scorer(model_at(model));
  const auto pairs = some_pairs();
  const auto all = values(scorer->score(pairs, {}));
  for (const std::int64_t batch : {1, 17, 40, 100'000})
    EXPECT_EQ(values(scorer->score(pairs, {.batch_tokens = batch})), all) << batch;
  auto reversed = pairs;
  std::ranges::reverse(reversed);
  auto backwards = values(scorer->score(reversed, {}));
  std::ranges::reverse(backwards);
  EXPECT_EQ(backwards, all);
  for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_EQ(scorer->score({&pairs[i], 1}, {})[0].score, all[i]) << i;
  at::set_num_threads(2);
  const std::span last(pairs.data() + 12, 4);  // few: two threads on one free core wait for each other
  EXPECT_EQ(values(scorer->score(last, {})), std::vector<double>(all.begin() + 12, all.end()));
  at::set_num_threads(1);
}

TEST(Scorer, BatchNeverChangesAScoreAtOddWidths) {
  const TemporaryFolder folder;
  expect_invariant(make_scorer(folder.path(), kSmallSizes));
}

TEST(Scorer, BatchNeverChangesAScoreAtRealWidths) {
  const TemporaryFolder folder;
  for (const char* width : {"512", "768"})
    expect_invariant(make_scorer(folder.path(),
                                 std::string("hidden_size: ") + width +
                                     "\nnum_hidden_layers: 1\nnum_attention_heads: 8\nintermediate_size: 1024\n",
                                 width));
}

TEST(Scorer, RoundsWeights) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  const auto pairs = some_pairs();
  const auto stored = values(cappy::load_scorer(model_at(model))->score(pairs, {}));
  backbones::ModelOptions bfloat16 = model_at(model);
  bfloat16.weights = backbones::NumberFormat::kBfloat16;
  const auto rounded = values(cappy::load_scorer(bfloat16)->score(pairs, {}));
  double most = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) most = std::max(most, std::abs(stored[i] - rounded[i]));
  EXPECT_GT(most, 0);
  EXPECT_LT(most, 0.1);
}

}  // namespace
