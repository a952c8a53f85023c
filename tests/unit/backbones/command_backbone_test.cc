// What a program may answer, and what it may not.
#include "backbones/command_backbone.h"

#include <gtest/gtest.h>

#include <cmath>

namespace backbones {
namespace {

/// A program that answers everything with the same line.
std::unique_ptr<Backbone> answering(const std::string& line) {
  return open_command_backbone({.words = {"sh", "-c", "while read -r x; do printf '%s\\n' \"$0\"; done", line}});
}

/// A program that adds text before the last brace of what it is asked.
std::unique_ptr<Backbone> adding(const std::string& fields) {
  return open_command_backbone({.words = {"sed", "-u", "s/}$/," + fields + "}/"}});
}

GenerationOptions two_decodings() {
  GenerationOptions options;
  options.decodings = decodings_from("greedy");
  options.decodings.push_back(decodings_from("sample:2")[0]);
  options.seed = ~std::uint64_t{0};
  return options;
}

const std::string kGood =
    R"({"candidates":[{"response":"a","decoding":"greedy","draw":0},{"response":"b","decoding":"sampling","draw":0,)"
    R"("ids":[3,1],"log_likelihood":-2,"end":"length"},{"response":"","decoding":"sampling","draw":1,"tokens":4}]})";

/// What comes of two instructions whose answers are this line.
std::string generation_error(const std::string& line) {
  try {
    answering(line)->generate(std::vector<std::string>{"x", "y"}, two_decodings());
  } catch (const Unfinished<Generation>& error) {
    EXPECT_TRUE(error.results().empty());
    return error.what();
  }
  return "no error";
}

std::string likelihood_error(const std::string& line) {
  try {
    answering(line)->log_likelihood(std::vector<InstructionResponse>{{"x", "y"}}, {});
  } catch (const Unfinished<LogLikelihood>& error) {
    return error.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(CommandBackbone, WhatIsNotSaidIsUnknown) {
  const auto all = answering(kGood)->generate(std::vector<std::string>{"x", "y"}, two_decodings());
  ASSERT_EQ(all.size(), 2u);
  const auto& candidates = all[1].candidates;
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_TRUE(std::isnan(candidates[0].log_likelihood));
  EXPECT_EQ(candidates[0].tokens, kUnknown);
  EXPECT_EQ(candidates[0].end, core::End::kUnknown);
  EXPECT_EQ(candidates[1].log_likelihood, -2);
  EXPECT_EQ(candidates[1].tokens, 2);
  EXPECT_EQ(candidates[1].end, core::End::kLength);
  EXPECT_EQ(candidates[2].tokens, 4);
  EXPECT_EQ(all[0].source_tokens_cut, kUnknown);
  EXPECT_EQ(answering("{}")->count_tokens("x"), kUnknown);
}

TEST(CommandBackbone, LogLikelihoodsMayBeUnknown) {
  const std::vector<InstructionResponse> pairs{{"x", "y"}};
  const LogLikelihood known = answering(R"({"log_likelihood":-1.5,"tokens":3})")->log_likelihood(pairs, {}).at(0);
  EXPECT_EQ(known.log_likelihood, -1.5);
  EXPECT_EQ(known.tokens, 3);
  const LogLikelihood unknown = answering(R"({"log_likelihood":null})")->log_likelihood(pairs, {}).at(0);
  EXPECT_TRUE(std::isnan(unknown.log_likelihood));
  EXPECT_EQ(unknown.tokens, kUnknown);
}

TEST(CommandBackbone, TheQuestionMayComeBack) {
  LikelihoodOptions options;
  options.max_length = 7;
  options.truncation_side = tokenizer::TruncationSide::kLeft;
  const std::vector<InstructionResponse> pairs{{"\u00fc \"q\" \\ \n", "y"}, {"", ""}};
  const auto values = adding(R"("log_likelihood":-1,"tokens":2)")->log_likelihood(pairs, options);
  EXPECT_EQ(values.at(1).tokens, 2);
  EXPECT_NE(likelihood_error(R"({"instruction":"z","log_likelihood":-1})").find("answers must come in the order"),
            std::string::npos);
}

TEST(CommandBackbone, RefusesWhatDoesNotFit) {
  EXPECT_EQ(generation_error(kGood), "no error");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"not json", "answer to line 1: "},
      {"[]", "answer to line 1: "},
      {"{}", "field 'candidates' is missing"},
      {R"({"candidates":{}})", "field 'candidates': expected a list, found an object"},
      {R"({"candidates":[]})", "expected 3 candidates"},
      {R"({"candidats":[]})", "unknown field 'candidats' (did you mean 'candidates'?)"},
      {replaced(kGood, R"("greedy")", R"("greed")"),
       "entry 0: expected decoding 'greedy', draw 0, found 'greed', draw 0"},
      {replaced(kGood, R"("draw":1)", R"("draw":0)"),
       "entry 2: expected decoding 'sampling', draw 1, found 'sampling', draw 0"},
      {replaced(kGood, R"("response":"a",)", ""), "entry 0: field 'response' is missing"},
      {replaced(kGood, R"("response":"a")", R"("response":7)"), "field 'response': expected a string, found a number"},
      {replaced(kGood, "-2", "NaN"), "NaN and Infinity are no JSON"},
      {replaced(kGood, "-2", "-Infinity"), "NaN and Infinity are no JSON"},
      {replaced(kGood, "-2", "-1e999"), "answer to line 1: "},
      {replaced(kGood, "-2", "\"-2\""), "field 'log_likelihood': expected a number"},
      {replaced(kGood, R"("end":"length")", R"("end":"halt")"), "field 'end': 'halt' is none of eos"},
      {replaced(kGood, R"("end":"length")", R"("text":"x")"), "unknown field 'text'"},
      {replaced(kGood, R"("end":"length")", R"("tokens":5)"), "field 'tokens' is 5, with 2 ids"},
      {replaced(kGood, R"("tokens":4)", R"("tokens":-4)"), "field 'tokens' is -4"},
      {replaced(kGood, "[3,1]", "[3,-1]"), "field 'ids'"},
      {replaced(kGood, "\"a\"", "\"\xff\""), "answer to line 1: "},
      {replaced(kGood, "\"a\"", "\"\\ud800\""), "answer to line 1: "},
  };
  for (const auto& [line, part] : cases) {
    const std::string message = generation_error(line);
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n" << line;
    EXPECT_TRUE(message.starts_with("command 'sh ")) << message;
  }
  EXPECT_NE(likelihood_error(R"({"log_likelihood":-1,"tokens":2.5})").find("field 'tokens'"), std::string::npos);
  EXPECT_NE(likelihood_error(R"({"tokens":2})").find("field 'log_likelihood' is missing"), std::string::npos);
  EXPECT_NE(likelihood_error(R"({"log_likelihood":-1,"score":2})").find("unknown field 'score'"), std::string::npos);
}

TEST(CommandBackbone, WhatCameBeforeAFailureIsKept) {
  const auto backbone = open_command_backbone(
      {.words = {"sh", "-c", "read x; read x; for i in 1 2; do echo '{\"log_likelihood\":-1}'; done; exit 4"}});
  try {
    backbone->log_likelihood(std::vector<InstructionResponse>{{"a", ""}, {"b", ""}, {"c", ""}}, {});
    FAIL();
  } catch (const Unfinished<LogLikelihood>& error) {
    EXPECT_EQ(error.results().size(), 2u);
    EXPECT_NE(std::string(error.what()).find("exit status 4 before it answered line 3"), std::string::npos);
  }
}

TEST(CommandBackbone, ALastWordIsHarmlessOnlyWhereAnswersRepeatTheirQuestions) {
  const std::vector<InstructionResponse> pairs{{"a", "b"}};
  const auto repeats =
      open_command_backbone({.words = {"sh", "-c", "sed -u 's/}$/,\"log_likelihood\":-1}/'; echo bye"}});
  repeats->log_likelihood(pairs, {});
  try {
    repeats->finish();
    FAIL();
  } catch (const SurplusError& error) {
    FAIL() << error.what();
  } catch (const CommandError& error) {
    EXPECT_NE(std::string(error.what()).find("'bye"), std::string::npos) << error.what();
  }
  const auto silent =
      open_command_backbone({.words = {"sh", "-c", "read x; echo '{\"log_likelihood\":-1}'; read x; echo bye"}});
  silent->log_likelihood(pairs, {});
  EXPECT_THROW(silent->finish(), SurplusError);
}

}  // namespace
}  // namespace backbones
