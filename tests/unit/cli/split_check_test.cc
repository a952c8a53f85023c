// Repeats, leaks, labels and lengths of a split, counted by hand.
#include "harness/cli/split_check.h"

#include <gtest/gtest.h>

#include "harness/core/hash.h"

namespace cli {
namespace {

/// A token a word, and one for the end of the sequence.
class WordTokenizer : public tokenizer::Tokenizer {
 public:
  tokenizer::Encoding encode(std::string_view text, std::int64_t, tokenizer::TruncationSide) const override {
    tokenizer::Encoding encoding;
    bool in_word = false;
    for (const char c : text) {
      if (c != ' ' && !in_word) encoding.ids.push_back(0);
      in_word = c != ' ';
    }
    encoding.ids.push_back(1);
    return encoding;
  }
  tokenizer::Encoding encode_pair(std::string_view, std::string_view, std::int64_t,
                                  tokenizer::TruncationSide) const override {
    return {};
  }
  std::string decode(std::span<const std::int32_t>) const override { return ""; }
  std::string token_text(std::int32_t) const override { return ""; }
  std::int64_t size() const override { return 2; }
};

core::Instance question(const std::string& instruction, const std::vector<std::string>& references) {
  core::Instance instance;
  instance.template_name = "t";
  instance.instruction = instruction;
  instance.references = references;
  return instance;
}

core::Instance choice(const std::string& instruction, std::int64_t label) {
  core::Instance instance;
  instance.instruction = instruction;
  instance.choices = {"yes", "no"};
  instance.label = label;
  return instance;
}

TEST(SplitCheck, CountsRepeatsOfInstructionAndAnswer) {
  SplitCheck check({}, nullptr);
  check.add(question("a", {"x"}));
  check.add(question("a", {"x"}));
  check.add(question("a", {"y"}));
  check.add(question("a", {"x", ""}));
  check.add(question("b", {"x"}));
  check.close();
  EXPECT_EQ(check.repeats(), 1);
  EXPECT_EQ(check.templates().at("t"), 5);
}

TEST(SplitCheck, CountsLeaksFromTrain) {
  SplitCheck train({}, nullptr);
  train.add(question("a", {"x"}));
  train.add(question("b", {"y"}));
  train.close();
  SplitCheck test({}, &train);
  test.add(question("a", {"x"}));
  test.add(question("a", {"other"}));
  test.add(question("c", {"y"}));
  test.close();
  EXPECT_EQ(test.leaks(), 2);
  EXPECT_EQ(test.leaks_with_target(), 1);
}

TEST(SplitCheck, TheRightChoiceIsTheAnswerOfAClassification) {
  SplitCheck train({}, nullptr);
  train.add(choice("a", 0));
  train.close();
  SplitCheck test({}, &train);
  test.add(choice("a", 0));
  test.add(choice("a", 1));
  test.close();
  EXPECT_EQ(test.leaks(), 2);
  EXPECT_EQ(test.leaks_with_target(), 1);
  EXPECT_EQ(test.labels(), (std::map<std::int64_t, std::int64_t>{{0, 1}, {1, 1}}));
}

TEST(SplitCheck, LengthsCountSpecialTokensAndSolvedExamples) {
  const WordTokenizer words;
  SplitCheck check({&words, 4, 4}, nullptr);
  check.add(question("one two three", {"one two", "one two three"}));  // 4 ids: fits; 3 fit in an output, 4 do not
  core::Instance shown = question("one two", {"one"});
  shown.shots = "three four ";
  check.add(shown);
  check.close();
  EXPECT_EQ(check.lengths().inputs, 2);
  EXPECT_EQ(check.lengths().inputs_too_long, 1);
  EXPECT_EQ(check.lengths().longest_input, 5);
  EXPECT_EQ(check.lengths().references, 3);
  EXPECT_EQ(check.lengths().references_too_long, 1);
}

TEST(TextSet, KnowsItsMembers) {
  TextSet set;
  for (const std::uint64_t hash : {5u, 3u, 5u, 9u, 5u}) set.add(hash);
  set.close();
  EXPECT_EQ(set.repeats(), 2);
  EXPECT_TRUE(set.has(9));
  EXPECT_FALSE(set.has(4));
  EXPECT_FALSE(set.is_partial());
}

}  // namespace
}  // namespace cli
