// The cache of words, and what is fast against what is slow and obvious: the merges of short words against those of
// long ones, ids from a warm cache against ids from a cold one.
#include "backbones/tokenizer/word_cache.h"

#include <gtest/gtest.h>

#include <map>

#include "backbones/tokenizer/byte_pair.h"
#include "harness/core/random.h"

namespace tokenizer {
namespace {

std::string random_word(core::PythonRandom& random, std::size_t longest) {
  std::string word(1 + random.below(longest), ' ');
  for (char& c : word) c = static_cast<char>('a' + random.below(4));
  return word;
}

TEST(WordCache, GivesBackWhatItWasGiven) {
  core::PythonRandom random(1);
  WordCache cache;
  std::map<std::string, Ids> told;
  for (int turn = 0; turn < 200000; ++turn) {
    const std::string word = random_word(random, turn % 2 == 0 ? 7 : WordCache::kLongestWord);
    Ids ids;
    if (!cache.append(word, WordCache::hash(word), ids)) {
      const Ids fresh(1 + random.below(5), static_cast<std::int32_t>(random.below(1000)));
      cache.insert(word, WordCache::hash(word), fresh);
      told[word] = fresh;
    } else {
      ASSERT_EQ(ids, told[word]) << word;
    }
  }
  EXPECT_LE(cache.size(), std::size_t{1} << 16);
  EXPECT_GT(cache.size(), 1000u);
}

TEST(WordCache, ComparesWordsNotHashes) {
  WordCache cache;
  cache.insert("one", 42, Ids{1});
  Ids ids;
  EXPECT_FALSE(cache.append("two", 42, ids));
  cache.insert("two", 42, Ids{2});
  EXPECT_TRUE(cache.append("two", 42, ids));
  EXPECT_TRUE(cache.append("one", 42, ids));
  EXPECT_EQ(ids, (Ids{2, 1}));
  for (int i = 0; i < 100; ++i) cache.insert("word " + std::to_string(i), 42, Ids{i});  // most find no place
  ids.clear();
  EXPECT_TRUE(cache.append("word 0", 42, ids));
  EXPECT_EQ(ids, Ids{0});
}

// The definition: while a pair of neighbours has a merge, the one of lowest rank, leftmost, becomes one symbol.
std::vector<std::string> merge_slowly(const std::vector<std::pair<std::string, std::string>>& merges,
                                      const std::string& word) {
  std::vector<std::string> symbols;
  for (const char c : word) symbols.emplace_back(1, c);
  for (;;) {
    std::size_t best = merges.size(), place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      for (std::size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].first == symbols[i] && merges[rank].second == symbols[i + 1]) {
          best = rank;
          place = i;
        }
      }
    }
    if (best == merges.size()) return symbols;
    symbols[place] += symbols[place + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(BytePair, MergesLikeTheDefinition) {
  core::PythonRandom random(2);
  for (int model_number = 0; model_number < 20; ++model_number) {
    BytePair::Vocabulary vocabulary;
    std::vector<std::string> pieces{"a", "b", "c", "d"};
    while (pieces.size() < 40) {
      const std::string left = pieces[random.below(pieces.size())], right = pieces[random.below(pieces.size())];
      vocabulary.merges.emplace_back(left, right);
      if (std::find(pieces.begin(), pieces.end(), left + right) == pieces.end()) pieces.push_back(left + right);
    }
    std::map<std::pair<std::string, std::string>, std::size_t> last;  // of equal merges the last one counts
    for (std::size_t i = 0; i < vocabulary.merges.size(); ++i) last[vocabulary.merges[i]] = i;
    std::vector<std::pair<std::string, std::string>> merges;
    for (std::size_t i = 0; i < vocabulary.merges.size(); ++i)
      if (last[vocabulary.merges[i]] == i) merges.push_back(vocabulary.merges[i]);
    for (std::size_t i = 0; i < pieces.size(); ++i) vocabulary.pieces.emplace_back(pieces[i], i);
    const BytePair model(vocabulary);
    Scratch scratch;
    for (int turn = 0; turn < 100; ++turn) {
      const std::string word = random_word(random, turn % 4 == 0 ? 120 : 20);
      Ids ids, wanted;
      model.encode(word, scratch, ids);
      for (const std::string& symbol : merge_slowly(merges, word)) wanted.push_back(*model.find(symbol));
      ASSERT_EQ(ids, wanted) << word;
    }
  }
}

}  // namespace
}  // namespace tokenizer
