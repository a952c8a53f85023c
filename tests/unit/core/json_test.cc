#include "harness/core/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "tests/unit/core/strict_json.h"

namespace core {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_json(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Json, MillionRandomDoublesComeBack) {
  std::mt19937_64 random(1);
  std::string text = "[";
  std::vector<double> values;
  while (values.size() < 1'000'000) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    if (!values.empty()) text += ',';
    append_json_double(text, value);
    values.push_back(value);
  }
  const Json read = parse_json(text += ']');
  std::size_t different = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    different +=
        std::bit_cast<std::uint64_t>(read.as_array()[i].as_double()) != std::bit_cast<std::uint64_t>(values[i]);
  EXPECT_EQ(different, 0u);
}

TEST(Json, DoublesStayDoublesAndIntegersIntegers) {
  const std::pair<double, const char*> cases[] = {{1.0, "1.0"},       {0.1, "0.1"},
                                                  {1e22, "1e+22"},    {-0.0, "-0.0"},
                                                  {5e-324, "5e-324"}, {1.0 / 3, "0.3333333333333333"},
                                                  {1e16, "1e+16"},    {123456789.0, "123456789.0"}};
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(write_json(value), text);
    EXPECT_TRUE(parse_json(text).is_double()) << text;
  }
  EXPECT_TRUE(parse_json("1").is_integer());
  EXPECT_TRUE(std::signbit(parse_json("-0").as_double()));
  EXPECT_EQ(write_json(parse_json("[9223372036854775807,-9223372036854775808,9223372036854775808]")),
            "[9223372036854775807,-9223372036854775808,9223372036854775808]");
  EXPECT_EQ(parse_json("123456789012345678901234567890").as_double(), 123456789012345678901234567890.0);
  EXPECT_THROW(parse_json("9223372036854775808").as_integer(), std::runtime_error);
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(write_json(Json::Array{value}), std::invalid_argument);
}

TEST(Json, StringsEscapeOnlyWhatTheyMust) {
  EXPECT_EQ(write_json(std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f\u00e9\u2028\0", 17)),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9\u2028\\u0000\"");
  EXPECT_EQ(parse_json(R"("\u00e9\ud83d\ude00\/")").as_string(), "\u00e9\U0001F600/");
}

TEST(Json, RefusalsNameTheByte) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"\u0061":3})"), "byte 13: key 'a' occurs twice");
  EXPECT_EQ(refusal(R"([{"x":{"k":1,"\u006b":2}}])"), "byte 13: key 'k' occurs twice");
  EXPECT_EQ(refusal("{\"a\":\"\xff\"}"), "byte 6: not UTF-8");
  EXPECT_EQ(refusal("\"\xed\xa0\x80\""), "byte 1: not UTF-8");
  EXPECT_EQ(refusal("  "), "byte 2: empty");
  EXPECT_EQ(refusal("[1,2] 3").rfind("byte 6: ", 0), 0u);
  EXPECT_EQ(refusal(std::string(1001, '[') + std::string(1001, ']')), "byte 1000: nested deeper than 1000 levels");
  EXPECT_EQ(refusal(std::string(1000, '[') + std::string(1000, ']')), "accepted");
  EXPECT_EQ(refusal(R"({"a":"\ud800"})").rfind("byte ", 0), 0u) << "a lone surrogate has no UTF-8";
}

TEST(Json, ManyKeysAreStillCheckedForRepeats) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(refusal(text + "\"last\":0}"), "accepted");
  EXPECT_NE(refusal(text + "\"k3\":0}").find("key 'k3' occurs twice"), std::string::npos);
  EXPECT_NE(refusal(text + "\"k999\":0}").find("key 'k999' occurs twice"), std::string::npos);
}

// A grammar written out by hand decides the same about documents and about what is left of them after damage.
TEST(Json, AcceptsExactlyTheGrammar) {
  const std::string seeds[] = {R"({"a":[1,2.5e-3,-0,{"b":null}],"c":"x\n\u00e9","d":true,"e":false})",
                               "[[],{},[{}],\"\",0]",
                               " [ 1 , -12.0E+4 ] ",
                               "-1.5",
                               "\"a\\\"b\"",
                               "null",
                               R"({"k":{"k":{"k":[0,1]}}})"};
  const std::string alphabet = "{}[],:\"\\ntrue0123456789.-+eE \t\nu/\x01";
  std::mt19937_64 random(2);
  std::size_t accepted = 0, refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = seeds[random() % std::size(seeds)];
    for (auto left = random() % 4; left > 0 && !text.empty(); --left) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 3);
      else if (random() % 2 == 0)
        text[at] = c;
      else
        text.insert(at, 1, c);
    }
    const std::string answer = refusal(text);
    const bool wanted = is_strict_json(text), mine = answer == "accepted";
    if (answer.find("occurs twice") != std::string::npos) continue;
    if (answer.find("out of range") != std::string::npos && wanted) continue;  // 1e999
    ASSERT_EQ(mine, wanted) << text;
    ++(mine ? accepted : refused);
  }
  EXPECT_GT(accepted, 5'000u);
  EXPECT_GT(refused, 5'000u);
}

TEST(Json, PrettyForPeople) {
  EXPECT_EQ(write_json_pretty(parse_json(R"({"a":[1,{"b":2}],"c":[],"d":{}})")),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}\n");
}

TEST(Json, KindsAreNamed) {
  const Json json = parse_json(R"({"s":"x","n":1.5,"l":["a",1]})");
  EXPECT_EQ(json.find("absent"), nullptr);
  EXPECT_THROW(json.at("absent"), std::runtime_error);
  EXPECT_THROW(json.at("s").as_double(), std::runtime_error);
  EXPECT_THROW(json.at("n").as_integer(), std::runtime_error);
  EXPECT_THROW(json.at("l").as_strings(), std::runtime_error);
}

}  // namespace
}  // namespace core
