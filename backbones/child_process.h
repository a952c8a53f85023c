// A program that answers lines: one line out per line in, in order, over its standard input and output. It stays alive
// between calls. Questions are written and answers read at the same time, so that neither side ever waits for a full
// pipe; what goes wrong (death, silence, a line too few or too many) is one error that names the command and shows the
// end of what the program said on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace backbones {

struct CommandOptions {
  std::vector<std::string> words;  // the program, looked for in PATH where it has no slash, and its arguments; no shell
  std::filesystem::path folder = {};  // where it runs, and what relative words mean; empty: where we run
  std::chrono::milliseconds timeout = std::chrono::seconds(600);  // of silence while a question waits
  std::function<void(const std::string&)> log = {};  // gets each line of its standard error; empty: nobody does
};

/// What a program did wrong. The text names the command.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// It answered lines that nobody asked for: which answer belongs to which question is not known of any of its answers.
class SurplusError : public CommandError {
 public:
  using CommandError::CommandError;
};

/// A call that failed on the way: the results of what came before are whole, and the caller's to keep. The next one,
/// `results().size()`, is the one that failed.
template <class Result>
class Unfinished : public CommandError {
 public:
  Unfinished(const std::string& message, std::vector<Result> results)
      : CommandError(message), results_(std::move(results)) {}
  const std::vector<Result>& results() const { return results_; }

 private:
  std::vector<Result> results_;
};

/// The words as a person would type them, for messages.
std::string command_text(const std::vector<std::string>& words);
/// At most `most` bytes of a text that may be no text at all, for messages: what is not UTF-8 becomes '?'.
std::string shown_text(std::string_view text, std::size_t most);

class ChildProcess {
 public:
  /// Finds the program; `ask` starts it. Throws CommandError where there is none.
  explicit ChildProcess(CommandOptions options);
  /// Closes its input, and ends the program where it does not end by itself.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Reads the answer to the line with this index. What it throws (std::runtime_error) says what is wrong with it.
  using Take = std::function<void(std::size_t index, std::string_view answer)>;

  /// Sends lines (without newlines) and calls `take` with each answer, in order, as it comes. Throws CommandError with
  /// the number of the line, counted from the program's start, or SurplusError; after that the program is gone, and the
  /// next `ask` starts it anew.
  void ask(std::span<const std::string> lines, const Take& take);

  /// Closes its input and waits for its end. Throws SurplusError where it says more. Nothing happens where it does not
  /// run.
  void finish();

  const CommandOptions& options() const { return options_; }

 private:
  struct Running;
  void start();
  void take_answer(std::size_t index, std::string_view answer, const Take& take);
  void check_alive(std::int64_t waiting);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] void fail_surplus();

  CommandOptions options_;
  std::string program_;  // the path that is run
  std::unique_ptr<Running> running_;
};

}  // namespace backbones
