#include "harness/metrics/rouge_l.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace metrics {
namespace {

using Texts = std::vector<std::string>;

/// The textbook table over whole tokens.
double naive(const std::string& response, const Texts& references) {
  const Texts a = RougeL::tokens(response);
  double best = 0;
  for (const std::string& reference : references) {
    const Texts b = RougeL::tokens(reference);
    std::vector<std::vector<int>> table(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 1; i <= a.size(); ++i)
      for (std::size_t j = 1; j <= b.size(); ++j)
        table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
    if (a.empty() || b.empty()) continue;
    const double precision = table.back().back() / static_cast<double>(a.size());
    const double recall = table.back().back() / static_cast<double>(b.size());
    if (precision + recall > 0) best = std::max(best, 2 * precision * recall / (precision + recall));
  }
  return best;
}

std::string sentence(std::mt19937_64& random, std::size_t words, std::size_t vocabulary) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    text += 'a' + static_cast<char>(random() % vocabulary);
    text += random() % 5 ? " " : "longerwords, ";
  }
  return text;
}

TEST(RougeL, EqualsTheNaiveTable) {
  std::mt19937_64 random(3);
  RougeL rouge_l;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t most = round % 10 == 0 ? 300 : 30, vocabulary = 1 + random() % 26;
    Texts references;
    for (auto left = 1 + random() % 3; left > 0; --left)
      references.push_back(sentence(random, random() % most, vocabulary));
    for (int i = 0; i < 3; ++i) {
      const std::string response = sentence(random, random() % most, vocabulary);
      ASSERT_EQ(rouge_l.score(response, references), naive(response, references));
      ASSERT_EQ(rouge_l.score(response, references), naive(response, references)) << "the second time from the cache";
    }
  }
}

TEST(RougeL, KnownAnswers) {
  RougeL rouge_l;
  EXPECT_EQ(rouge_l.precision_recall_f("the quick brown dog jumps on the log.",
                                       Texts{"The quick brown fox jumps over the lazy dog"}),
            (RougeScore{0.625, 5.0 / 9, 2 * 0.625 * (5.0 / 9) / (0.625 + 5.0 / 9)}));
  EXPECT_EQ(rouge_l.score("", Texts{"a"}), 0.0);
  EXPECT_EQ(rouge_l.score("!?", Texts{"."}), 0.0);
  EXPECT_EQ(rouge_l.score("flies", Texts{"x", "fli"}), 1.0);
  EXPECT_EQ(rouge_l.score("\u212A", Texts{"K"}), 1.0) << "KELVIN SIGN is a k";
  EXPECT_EQ(rouge_l.score("\u0130x", Texts{"i x"}), 1.0) << "its lower case is i and a combining dot, which separates";
  EXPECT_THROW(rouge_l.score("a", Texts{}), std::invalid_argument);
}

TEST(RougeL, TheFirstOfEquallyGoodReferencesCounts) {
  RougeL rouge_l;  // F is 0.8 and the parts differ
  EXPECT_EQ(rouge_l.precision_recall_f("a b c d e f", Texts{"a b c d", "a b c d e f g h i"}),
            (RougeScore{4.0 / 6, 1, 0.8}));
  EXPECT_EQ(rouge_l.precision_recall_f("a b c d e f", Texts{"a b c d e f g h i", "a b c d"}),
            (RougeScore{1, 6.0 / 9, 0.8}));
}

TEST(RougeL, Tokens) {
  EXPECT_EQ(RougeL::tokens("The FLIES, at 10:30\u00e9t\u00e9"), (Texts{"the", "fli", "at", "10", "30", "t"}));
  EXPECT_TRUE(RougeL::tokens(" \u4e2d\u6587 ").empty());
}

}  // namespace
}  // namespace metrics
