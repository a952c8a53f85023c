#include "backbones/decoding/stop_strings.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "backbones/decoding/end_rule.h"

namespace decoding {
namespace {

const TokenTexts kTexts = {"st",     "op", "stop", "opera", "sto", "pper", "las",
                           "topper", "s",  "to",   "pped",  "at",  "tion", ""};

/// Ids of texts, which must be in kTexts.
std::vector<std::int32_t> ids_of(const std::vector<std::string>& texts) {
  std::vector<std::int32_t> ids;
  for (const std::string& text : texts)
    ids.push_back(static_cast<std::int32_t>(std::find(kTexts.begin(), kTexts.end(), text) - kTexts.begin()));
  return ids;
}

TEST(StopStrings, TheExamplesOfTheReference) {
  const StopStrings stop({"stop"}, kTexts);
  const std::vector<std::vector<std::string>> yes = {{"st", "op"},      {"stop"},          {"st", "opera"},
                                                     {"sto", "pper"},   {"las", "topper"}, {"s", "to", "pped"},
                                                     {"at", "", "stop"}};
  const std::vector<std::vector<std::string>> no = {{"stop", "at"}, {"st", "op", "at"}, {"st", "opera", "tion"},
                                                    {"s"},          {"to", "pped"},     {"stop", ""}};
  for (const auto& texts : yes) EXPECT_TRUE(stop.completed({}, ids_of(texts))) << texts.back();
  for (const auto& texts : no) EXPECT_FALSE(stop.completed({}, ids_of(texts))) << texts.back();
  EXPECT_TRUE(stop.completed(ids_of({"las"}), ids_of({"topper"})));  // it may begin in the prompt,
  EXPECT_FALSE(stop.completed(ids_of({"stop"}), ids_of({"at"})));    // but not end there
  EXPECT_FALSE(stop.completed({}, std::vector<std::int32_t>{99}));   // an id without a text
}

/// Whether one of the strings ends in the last token, asked of every place of the whole text.
bool slowly(const std::vector<std::string>& strings, const TokenTexts& texts, const std::vector<std::int32_t>& ids) {
  std::string text;
  for (const std::int32_t id : ids) text += texts[static_cast<std::size_t>(id)];
  const std::size_t last = texts[static_cast<std::size_t>(ids.back())].size();
  for (const std::string& string : strings)
    for (std::size_t end = text.size() - last + 1; end <= text.size(); ++end)
      if (end >= string.size() && text.compare(end - string.size(), string.size(), string) == 0) return true;
  return false;
}

TEST(StopStrings, EqualTheSlowTwin) {
  const TokenTexts texts = {"a", "b", "ab", "ba", "aab", "c", "abcab"};
  std::mt19937 generator(3);
  int stopped = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::vector<std::string> strings(1 + generator() % 3);
    for (std::string& string : strings)
      for (std::size_t n = 1 + generator() % 6; n > 0; --n) string += static_cast<char>('a' + generator() % 3);
    std::vector<std::int32_t> ids(2 + generator() % 5);
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(generator() % texts.size());
    const auto split = static_cast<std::ptrdiff_t>(generator() % (ids.size() - 1));
    const std::vector<std::int32_t> prompt(ids.begin(), ids.begin() + split), own(ids.begin() + split, ids.end());
    const bool wanted = slowly(strings, texts, ids);
    ASSERT_EQ(StopStrings(strings, texts).completed(prompt, own), wanted) << "trial " << trial;
    stopped += wanted;
  }
  EXPECT_GT(stopped, 2'000);
  EXPECT_LT(stopped, 18'000);
}

TEST(StopStrings, NoneAndEmptyOnesAreRefused) {
  EXPECT_THROW(StopStrings({}, kTexts), std::invalid_argument);
  EXPECT_THROW(StopStrings({"a", ""}, kTexts), std::invalid_argument);
}

TEST(EndRule, LengthsCountThePrompt) {
  EndRule rule{1, 10, 6, backbones::Protocol::kTransformers, {7, 8, 9}};
  EXPECT_EQ(rule.most_generated(), 7);
  EXPECT_TRUE(rule.end_is_forbidden(2));
  EXPECT_FALSE(rule.end_is_forbidden(3));
  rule.protocol = backbones::Protocol::kCappy2023;
  EXPECT_TRUE(rule.end_is_forbidden(3));
  EXPECT_FALSE(rule.end_is_forbidden(4));
}

TEST(EndRule, TheFirstReasonCounts) {
  EndRule rule{13,  4,
               0,   backbones::Protocol::kTransformers,
               {0}, std::make_shared<StopStrings>(std::vector<std::string>{"stop"}, kTexts)};
  EXPECT_EQ(rule.end(ids_of({"at"})), std::nullopt);
  EXPECT_EQ(rule.end(ids_of({"op"})), core::End::kStop);  // "st" is the prompt
  EXPECT_EQ(rule.end(ids_of({"at", "at", "stop"})), core::End::kStop);
  EXPECT_EQ(rule.end(ids_of({"at", "at", "at"})), core::End::kLength);
  EXPECT_EQ(rule.end(ids_of({"at", "at", ""})), core::End::kEos);
}

}  // namespace
}  // namespace decoding
