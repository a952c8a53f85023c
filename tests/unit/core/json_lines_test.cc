#include "harness/core/json_lines.h"

#include <gtest/gtest.h>

#include <sstream>

#include "harness/core/errors.h"

namespace core {
namespace {

TEST(JsonRecord, CarriesFieldsAsWritten) {
  const char* line =
      R"({"n" : 1.0, "big":123456789012345678901234567890, "\u0061":"\u00e9\/", "o": { "x" : [1 ,2] }, "z":1e2 })";
  EXPECT_EQ(JsonRecord::parse(line).to_line(),
            R"({"n":1.0,"big":123456789012345678901234567890,"\u0061":"\u00e9\/","o":{ "x" : [1 ,2] },"z":1e2})");
  EXPECT_EQ(JsonRecord::parse("{}").to_line(), "{}");
}

TEST(JsonRecord, ReadsAndReplaces) {
  JsonRecord record = JsonRecord::parse(R"({"\u0061":"x\ty","n":2,"l":["p","q\n"],"m":[ "p" , "q" ],"e":[]})");
  EXPECT_EQ(record.string("a"), "x\ty");
  EXPECT_EQ(record.number("n"), 2.0);
  EXPECT_EQ(record.strings("l"), (std::vector<std::string>{"p", "q\n"}));
  EXPECT_EQ(record.strings("m"), (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(record.strings("e").empty());
  EXPECT_EQ(record.raw("absent"), nullptr);
  record.set("n", 0.5);
  record.set("new \"key\"", "v");
  record.erase("l");
  EXPECT_EQ(record.to_line(), R"({"\u0061":"x\ty","n":0.5,"m":[ "p" , "q" ],"e":[],"new \"key\"":"v"})");
  EXPECT_EQ(record.to_json().at("a").as_string(), "x\ty");
}

std::string what(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(JsonRecord, ErrorsNameTheField) {
  const JsonRecord record = JsonRecord::parse(R"({"s":1,"l":["a",2],"m":"a"})");
  EXPECT_EQ(what([&] { record.string("s"); }), "field 's': expected a string, found a number");
  EXPECT_EQ(what([&] { record.string("x"); }), "field 'x' is missing");
  EXPECT_EQ(what([&] { record.number("m"); }), "field 'm': expected a number, found a string");
  EXPECT_EQ(what([&] { record.strings("l"); }), "field 'l': expected a list of strings, found a number in it");
  EXPECT_EQ(what([&] { record.strings("m"); }), "field 'm': expected a list of strings, found a string");
}

TEST(JsonRecord, RefusesWhatIsNoObject) {
  for (const char* line :
       {"[1]", "1", "\"a\"", "null", "", "{\"a\":1", "{\"a\":1}}", "{\"a\":{\"b\":tru}}", "{\"a\":1,\"a\":2}",
        "{\"x\":[{\"a\":1,\"\\u0061\":2}]}", "{\"a\":\"\\ud800\"}", "{\"a\":1}{\"b\":2}", "\xEF\xBB\xBF{}"})
    EXPECT_NE(what([&] { JsonRecord::parse(line); }), "nothing thrown") << line;
}

struct Outcome {
  std::string out, error;
  std::size_t blocks = 0;
};

Outcome filter(const std::string& input, std::size_t block, std::int64_t limit = -1) {
  std::istringstream in(input);
  std::ostringstream out;
  Outcome outcome;
  outcome.error = what([&] {
    run_filter(
        in, out, {.block = block, .limit = limit, .name = "in"}, [](const JsonRecord& record) { record.number("x"); },
        [&](std::span<JsonRecord> records) {
          ++outcome.blocks;
          for (JsonRecord& record : records) record.set("y", record.number("x") * 2);
        });
  });
  outcome.out = out.str();
  return outcome;
}

TEST(RunFilter, OneLineOutPerLineIn) {
  std::string input, expected;
  for (int i = 0; i < 10; ++i) {
    input += "{\"x\":" + std::to_string(i) + "}\r\n";
    expected += "{\"x\":" + std::to_string(i) + ",\"y\":" + std::to_string(2 * i) + ".0}\n";
  }
  for (const std::size_t block : {1u, 3u, 10u, 64u}) {
    const Outcome outcome = filter(input, block);
    EXPECT_EQ(outcome.out, expected);
    EXPECT_EQ(outcome.error, "nothing thrown");
    EXPECT_EQ(outcome.blocks, (10 + block - 1) / block);
  }
  EXPECT_EQ(filter(input, 4, 2).out, expected.substr(0, expected.find("\n", expected.find('\n') + 1) + 1));
  EXPECT_EQ(filter(input, 4, 0).out, "");
  EXPECT_EQ(filter("", 4).error, "nothing thrown");
  EXPECT_EQ(filter("{\"x\":1}", 4).out, "{\"x\":1,\"y\":2.0}\n") << "the last newline may be missing";
  EXPECT_EQ(filter("{\"x\":1}\n\n", 4).error, "nothing thrown") << "an empty last line is ignored";
}

TEST(RunFilter, ABadLineEndsItAfterAllEarlierLines) {
  const std::string good = "{\"x\":1}\n{\"x\":2}\n", done = "{\"x\":1,\"y\":2.0}\n{\"x\":2,\"y\":4.0}\n";
  const std::pair<std::string, std::string> cases[] = {
      {"{\"x\":\"3\"}\n", "in: line 3: field 'x': expected a number, found a string"},
      {"\n{\"x\":4}\n", "in: line 3: byte 0: empty"},
      {"{\"x\":1,\"x\":1}\n", "in: line 3: byte 7: key 'x' occurs twice"},
      {"{\"x\":1,\"z\":\"\xff\"}\n", "in: line 3: byte 12: not UTF-8"},
      {"[1]\n", "in: line 3: byte 0: expected an object, found a list"}};
  for (const auto& [bad, error] : cases)
    for (const std::size_t block : {1u, 2u, 3u, 100u}) {
      const Outcome outcome = filter(good + bad + good, block);
      EXPECT_EQ(outcome.out, done) << bad;
      EXPECT_EQ(outcome.error, error);
    }
}

TEST(JsonLinesReader, RefusesLinesBeyond64MiB) {
  const std::size_t most = std::size_t{64} << 20;
  const auto line = [](std::size_t size) { return "{\"x\":\"" + std::string(size - 8, 'a') + "\"}"; };
  std::istringstream fits(line(most) + "\n"), exceeds("{}\n" + line(most + 1) + "\n");
  EXPECT_EQ(JsonLinesReader(fits, "in").next()->string("x").size(), most - 8);
  JsonLinesReader reader(exceeds, "in");
  reader.next();
  EXPECT_EQ(what([&] { reader.next(); }), "in: line 2: longer than 64 MiB");
}

}  // namespace
}  // namespace core
