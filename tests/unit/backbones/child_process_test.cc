// Programs of a few words in the shell: what they do wrong must be told, and nothing may wait for ever.
#include "backbones/child_process.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace backbones {
namespace {

using std::chrono::milliseconds;

CommandOptions shell(const std::string& script, milliseconds timeout = milliseconds(20000)) {
  return {.words = {"sh", "-c", script}, .timeout = timeout};
}

std::vector<std::string> ask(ChildProcess& child, const std::vector<std::string>& lines) {
  std::vector<std::string> answers;
  child.ask(lines, [&](std::size_t index, std::string_view answer) {
    EXPECT_EQ(index, answers.size());
    answers.emplace_back(answer);
  });
  return answers;
}

/// What asking three lines and ending the program says.
std::string failure(const CommandOptions& options) {
  try {
    ChildProcess child(options);
    ask(child, {"one", "two", "three"});
    child.finish();
  } catch (const CommandError& error) {
    return error.what();
  }
  return "no failure";
}

TEST(ChildProcess, AnswersInOrderFromCallToCall) {
  ChildProcess child(shell("while read x; do echo \"$$ $x\"; done"));
  std::set<std::string> processes;
  for (int call = 0; call < 3; ++call) {
    for (const std::string& answer : ask(child, {"a", "b"})) processes.insert(answer.substr(0, answer.find(' ')));
  }
  EXPECT_EQ(processes.size(), 1u);
  EXPECT_TRUE(ask(child, {}).empty());
  child.finish();
  child.finish();
}

TEST(ChildProcess, NeitherSideWaitsForAFullPipe) {
  ChildProcess child({.words = {"cat"}});
  std::vector<std::string> lines;
  for (int i = 0; i < 12; ++i) lines.push_back(std::string(i % 2 == 0 ? 100'000 : 10, 'x') + std::to_string(i));
  EXPECT_EQ(ask(child, lines), lines);
  EXPECT_EQ(ask(child, lines), lines);
}

TEST(ChildProcess, StandardErrorGoesToTheLogAndNeverBlocks) {
  std::vector<std::string> log;
  CommandOptions options =
      shell("while read x; do head -c 200000 /dev/zero | tr '\\0' e >&2; echo >&2; echo \"$x\"; done");
  options.log = [&](const std::string& line) { log.push_back(line); };
  ChildProcess child(options);
  EXPECT_EQ(ask(child, {"a", "b"}).size(), 2u);
  child.finish();
  std::size_t bytes = 0;
  for (const std::string& line : log) bytes += line.size();
  EXPECT_EQ(bytes, 400'000u);
}

TEST(ChildProcess, WhatGoesWrongIsTold) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"read x; echo \"$x\"; echo sorry >&2; exit 3",
       {"ended with exit status 3 before it answered line 2", "standard error:\n  sorry"}},
      {"exit 0", {"ended with exit status 0 before it answered line 1; it said nothing on standard error"}},
      {"kill -9 $$", {"was killed by signal 9 (Killed) before it answered line 1"}},
      {"read x; echo a; echo b; read x; read x; printf c; exit 0", {"line 3 (its last line has no end)"}},
      {"read x; echo a; exec sleep 100", {"said nothing for 0.5 s while line 2 waited", "flush"}},
      {"exec 0<&-; sleep 100", {"said nothing for 0.5 s while line 1 waited"}},
      {"trap '' TERM; while true; do sleep 1; done", {"said nothing for 0.5 s"}},
  };
  for (const auto& [script, parts] : cases) {
    const std::string message = failure(shell(script, milliseconds(500)));
    EXPECT_TRUE(message.starts_with("command 'sh -c ")) << message;
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(ChildProcess, LinesThatNobodyAskedForAreAnError) {
  for (const char* script : {"while read x; do echo \"$x\"; echo \"$x\"; done", "cat; echo bye"}) {
    ChildProcess child(shell(script));
    const auto use = [&] {
      ask(child, {"one", "two", "three"});
      child.finish();
    };
    EXPECT_THROW(use(), SurplusError) << script;
  }
}

TEST(ChildProcess, WhatTheReaderThrowsNamesTheLineAndEndsTheProgram) {
  ChildProcess child(shell("while read x; do echo \"$$\"; done"));
  const auto first = ask(child, {"a"});
  try {
    child.ask(std::vector<std::string>{"b", "c"}, [](std::size_t index, std::string_view) {
      if (index == 1) throw std::runtime_error("is no good");
    });
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_NE(std::string(error.what()).find("answer to line 3: is no good"), std::string::npos) << error.what();
  }
  EXPECT_NE(ask(child, {"a"}), first);
}

TEST(ChildProcess, AnEndThatIsNoneIsForced) {
  std::vector<std::string> log;
  CommandOptions options = shell("cat; echo late >&2; exit 7");
  options.log = [&](const std::string& line) { log.push_back(line); };
  ChildProcess child(options);
  ask(child, {"a"});
  child.finish();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0], "late");
  EXPECT_NE(log[1].find("ended with exit status 7 after its last answer"), std::string::npos);
}

TEST(ChildProcess, FindsTheProgramBeforeItRunsIt) {
  EXPECT_NE(failure({.words = {"no-such-program"}}).find("there is no program no-such-program in PATH"),
            std::string::npos);
  EXPECT_NE(failure({.words = {"./no-such-program"}}).find("that may be run"), std::string::npos);
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "child_process_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "answer") << "#!/bin/sh\nwhile read x; do echo \"$x $1 $(basename \"$PWD\")\"; done\n";
  EXPECT_NE(failure({.words = {"./answer"}, .folder = folder}).find("there is no program ./answer that may be run"),
            std::string::npos);
  std::filesystem::permissions(folder / "answer", std::filesystem::perms::owner_all);
  ChildProcess child({.words = {"./answer", "a 'b' $c"}, .folder = folder});
  EXPECT_EQ(ask(child, {"x"}), (std::vector<std::string>{"x a 'b' $c child_process_test"}));
  std::filesystem::remove_all(folder);
}

TEST(ChildProcess, ShowsTextThatIsNone) {
  EXPECT_EQ(shown_text("plain", 10), "plain");
  EXPECT_EQ(shown_text("a\xff", 10), "a?");
  EXPECT_EQ(shown_text("aü", 2), "a…");
  EXPECT_EQ(command_text({"a", "b c", ""}), "a 'b c' ''");
}

}  // namespace
}  // namespace backbones
