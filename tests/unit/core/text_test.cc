#include "harness/core/text.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Text, SpacesArePythons) {
  const std::u32string spaces =
      U"\u0009\u000a\u000b\u000c\u000d\u001c\u001d\u001e\u001f\u0020\u0085\u00a0\u1680\u2000\u200a\u2028\u2029"
      U"\u202f\u205f\u3000";
  for (const char32_t c : spaces) EXPECT_TRUE(is_python_space(c)) << static_cast<unsigned>(c);
  for (const char32_t c : std::u32string(U"\u0008\u000e\u001b\u0021\u180e\u200b\u2060\ufeff"))
    EXPECT_FALSE(is_python_space(c));
  int count = 0;
  for (char32_t c = 0; c < 0x110000; ++c) count += is_python_space(c);
  EXPECT_EQ(count, 29) << "sum(map(str.isspace, map(chr, range(0x110000))))";
}

TEST(Text, Strips) {
  EXPECT_EQ(strip(" \t\u3000a b\u2028\n"), "a b");
  EXPECT_EQ(strip("\u00a0"), "");
  EXPECT_EQ(strip("\ufeffa"), "\ufeffa");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip("\u00e0\u00a0"), "\u00e0") << "a byte A0 inside a character is no space";
}

TEST(Text, Utf8RoundTripsEveryCodePoint) {
  std::u32string all;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xD800 || c > 0xDFFF) all.push_back(c);
  const std::string bytes = to_utf8(all);
  EXPECT_EQ(to_code_points(bytes), all);
  EXPECT_EQ(find_invalid_utf8(bytes), std::string::npos);
}

TEST(Text, FindsTheFirstInvalidByte) {
  const std::pair<std::string, std::size_t> cases[] = {{"\x80", 0},
                                                       {"a\xC0\x80", 1},
                                                       {"ab\xC1\xBF", 2},
                                                       {"\xE0\x80\x80", 0},
                                                       {"\xED\xA0\x80", 0},
                                                       {"\xF0\x80\x80\x80", 0},
                                                       {"\xF4\x90\x80\x80", 0},
                                                       {"\xF5\x80\x80\x80", 0},
                                                       {"\u00e9\xC3", 2},
                                                       {"\xE2\x82", 0},
                                                       {"x\xFF", 1}};
  for (const auto& [text, byte] : cases) {
    EXPECT_EQ(find_invalid_utf8(text), byte);
    EXPECT_THROW(to_code_points(text), std::invalid_argument);
  }
}

TEST(Text, SplitsJoinsReplaces) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a|||b||||||c", "|||"), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ","), Parts{""});
  EXPECT_THROW(split("a", ""), std::invalid_argument);
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(replace_all("aaa", "aa", "b"), "ba");
  EXPECT_THROW(replace_all("a", "", "b"), std::invalid_argument);
}

}  // namespace
}  // namespace core
