#include "backbones/child_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/optional.hpp>  // the next one forgets it
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>
#include <thread>

#include "harness/core/text.h"

namespace backbones {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr std::size_t kMostLineBytes = std::size_t{64} << 20;
constexpr std::size_t kShownLines = 20;        // of standard error, in messages
constexpr std::size_t kShownBytes = 500;       // of each
constexpr std::size_t kMostErrorBytes = 8192;  // of one line of standard error
constexpr milliseconds kPatience{5000};        // for a program to end when its input has ended
constexpr milliseconds kMercy{1000};           // between asking it to end and making it

/// While it lives, a write to a program that is gone is an error of that write, not the end of us.
class WithoutBrokenPipeSignal {
 public:
  WithoutBrokenPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutBrokenPipeSignal() {
    const timespec at_once{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutBrokenPipeSignal(const WithoutBrokenPipeSignal&) = delete;
  WithoutBrokenPipeSignal& operator=(const WithoutBrokenPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

/// The program and what it starts are a group of their own, which can be ended together; it ends with us.
struct OwnGroup {
  template <class Launcher>
  error_code on_exec_setup(Launcher&, const std::filesystem::path&, const char* const*) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return {};
  }
};

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

/// The path of the first word; empty where there is none.
std::filesystem::path find_program(const CommandOptions& options) {
  const std::filesystem::path word = options.words.at(0);
  if (word.has_parent_path()) {
    const auto path = std::filesystem::absolute(options.folder / word);
    return is_program(path) ? path : std::filesystem::path();
  }
  const char* places = std::getenv("PATH");
  for (const std::string_view place : core::split(places == nullptr ? "/usr/bin:/bin" : places, ":")) {
    const auto path = std::filesystem::absolute(std::filesystem::path(place) / word);
    if (is_program(path)) return path;
  }
  return {};
}

std::string end_text(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with exit status {}", WEXITSTATUS(status));
}

}  // namespace

std::string command_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const bool quoted = word.empty() || word.find_first_of(" \t\n\"'") != std::string::npos;
    text += fmt::format("{}{}", text.empty() ? "" : " ", quoted ? fmt::format("'{}'", word) : word);
  }
  return text;
}

std::string shown_text(std::string_view text, std::size_t most) {
  std::string shown(text.substr(0, most));
  const bool cut = shown.size() < text.size();
  for (std::size_t byte; (byte = core::find_invalid_utf8(shown)) != std::string::npos;) {
    if (cut && byte + 4 > shown.size()) {
      shown.resize(byte);  // the first bytes of a character
    } else {
      shown[byte] = '?';
    }
  }
  return cut ? shown + "…" : shown;
}

/// A program that was started, and the lines that went to and fro.
struct ChildProcess::Running {
  explicit Running(const CommandOptions& command, const std::string& program)
      : options(command), in(context), out(context), err(context), silence(context) {
    std::vector<std::string> arguments(command.words.begin() + 1, command.words.end());
    const auto folder = command.folder.empty() ? std::filesystem::current_path() : command.folder;
    child.emplace(context, program, arguments, process::process_stdio{in, out, err}, process::process_start_dir(folder),
                  OwnGroup());
    read_answers();
    read_errors();
  }

  void read_answers() {
    out.async_read_some(asio::buffer(out_block), [this](error_code error, std::size_t size) {
      answers.append(out_block.data(), size);
      out_ended = static_cast<bool>(error);
      if (!out_ended) read_answers();
    });
  }

  void read_errors() {
    err.async_read_some(asio::buffer(err_block), [this](error_code error, std::size_t size) {
      errors.append(err_block.data(), size);
      err_ended = static_cast<bool>(error);
      note_errors();
      if (!err_ended) read_errors();
    });
  }

  /// Moves whole lines of standard error to the log. Of a line that was drawn again and again the last state counts.
  void note_errors() {
    for (;;) {
      std::size_t end = errors.find('\n');
      if (end == std::string::npos && (errors.size() > kMostErrorBytes || (err_ended && !errors.empty())))
        end = errors.size();
      if (end == std::string::npos) return;
      std::string line = errors.substr(0, end);
      errors.erase(0, end + 1);
      while (line.ends_with('\r')) line.pop_back();
      line.erase(0, line.rfind('\r') + 1);
      if (options.log) options.log(line);
      last_errors.push_back(std::move(line));
      if (last_errors.size() > kShownLines) last_errors.pop_front();
    }
  }

  /// The next whole line of the answers, valid until the next call; nothing where none is there.
  std::optional<std::string_view> next_line() {
    answers.erase(0, used);
    used = 0;
    const std::size_t end = answers.find('\n', searched);
    searched = end == std::string::npos ? answers.size() : 0;
    if (end == std::string::npos) return {};
    used = end + 1;
    return std::string_view(answers).substr(0, end);
  }

  bool has_more() const { return answers.size() > used; }

  void write(std::string text) {
    questions = std::move(text);
    // An error shows as the end of the answers: the program is gone, or will be silent.
    asio::async_write(in, asio::buffer(questions), [](error_code, std::size_t) {});
  }

  /// Starts the clock of silence anew.
  void listen() {
    silent = false;
    silence.expires_after(options.timeout);
    silence.async_wait([this](error_code error) {
      silent = !error && std::chrono::steady_clock::now() >= silence.expiry();  // not the clock of an earlier answer
    });
  }

  /// Runs what is ready; waits for something where nothing is.
  void step() {
    context.restart();
    context.run_one();
    context.poll();
  }

  /// Reads on until the program closed both its outputs or the time is over.
  void drain(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!(out_ended && err_ended) && std::chrono::steady_clock::now() < end) {
      context.restart();
      context.run_one_until(end);
    }
  }

  /// Waits for the program's end; false where it goes on.
  bool ended_within(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    error_code ignored;
    while (!ended && child->running(ignored)) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    ended = true;
    return true;
  }

  void close_input() {
    error_code ignored;
    in.close(ignored);
  }

  /// Ends the program and all that it started.
  void stop() {
    close_input();
    ::kill(-child->id(), SIGTERM);
    if (ended_within(kMercy)) return;
    ::kill(-child->id(), SIGKILL);
    ended_within(kPatience);
  }

  std::string last_words() const {
    if (last_errors.empty()) return "; it said nothing on standard error";
    std::string text = "; the end of its standard error:";
    for (const std::string& line : last_errors) text += "\n  " + shown_text(line, kShownBytes);
    return text;
  }

  const CommandOptions& options;
  asio::io_context context;
  asio::writable_pipe in;
  asio::readable_pipe out, err;
  asio::steady_timer silence;
  std::optional<process::process> child;
  std::array<char, kReadBytes> out_block{}, err_block{};
  std::string questions, answers, errors;  // answers: `used` bytes of them are taken
  std::size_t used = 0, searched = 0;
  std::deque<std::string> last_errors;
  bool out_ended = false, err_ended = false, silent = false, ended = false;
  std::int64_t answered = 0;  // lines since the start
};

ChildProcess::ChildProcess(CommandOptions options) : options_(std::move(options)) {
  if (options_.words.empty()) throw std::invalid_argument("a command without words");
  program_ = find_program(options_).string();
  if (program_.empty()) {
    const bool named = std::filesystem::path(options_.words[0]).has_parent_path();
    throw CommandError(fmt::format("command '{}': there is no program {}{}", command_text(options_.words),
                                   options_.words[0], named ? " that may be run" : " in PATH"));
  }
}

ChildProcess::~ChildProcess() {
  if (running_) running_->stop();
}

void ChildProcess::start() {
  if (running_) return;
  try {
    running_ = std::make_unique<Running>(options_, program_);
  } catch (const boost::system::system_error& error) {
    throw CommandError(
        fmt::format("command '{}': cannot be started: {}", command_text(options_.words), error.code().message()));
  }
}

/// Throws what the program did wrong, once it is ended.
void ChildProcess::fail(const std::string& what) {
  running_->stop();
  running_->drain(kMercy);
  const std::string message =
      fmt::format("command '{}': {}{}", command_text(options_.words), what, running_->last_words());
  running_.reset();
  throw CommandError(message);
}

void ChildProcess::fail_surplus() {
  const std::string message = fmt::format(
      "command '{}': answered more lines than it was asked: after line {} came '{}'; it must write one line per line, "
      "and all else to standard error",
      command_text(options_.words), running_->answered,
      shown_text(std::string_view(running_->answers).substr(running_->used), kShownBytes));
  running_->stop();
  running_.reset();
  throw SurplusError(message);
}

/// What is wrong while line `waiting` waits; nothing where the program may still answer.
void ChildProcess::check_alive(std::int64_t waiting) {
  Running& running = *running_;
  if (running.answers.size() > kMostLineBytes) fail(fmt::format("answer to line {}: longer than 64 MiB", waiting));
  if (running.out_ended) {
    const bool torn = running.has_more();
    running.drain(kMercy);
    const std::string end =
        running.ended_within(kMercy) ? end_text(running.child->native_exit_code()) : "closed its standard output";
    fail(fmt::format("{} before it answered line {}{}", end, waiting, torn ? " (its last line has no end)" : ""));
  }
  if (running.silent) {
    fail(
        fmt::format("said nothing for {:g} s while line {} waited for its answer: does it flush after every line? "
                    "('timeout' is the limit)",
                    static_cast<double>(options_.timeout.count()) / 1000, waiting));
  }
}

void ChildProcess::take_answer(std::size_t index, std::string_view line, const Take& take) {
  ++running_->answered;
  try {
    take(index, line);
  } catch (const std::runtime_error& error) {
    const std::string message = fmt::format("command '{}': answer to line {}: {}", command_text(options_.words),
                                            running_->answered, error.what());
    running_->stop();
    running_.reset();
    throw CommandError(message);
  }
}

void ChildProcess::ask(std::span<const std::string> lines, const Take& take) {
  if (lines.empty()) return;
  start();
  const WithoutBrokenPipeSignal guard;
  Running& running = *running_;
  running.context.restart();
  running.context.poll();
  if (running.has_more()) fail_surplus();
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  running.write(std::move(text));
  running.listen();
  for (std::size_t i = 0; i < lines.size();) {
    if (const auto line = running.next_line()) {
      take_answer(i++, *line, take);
      running.listen();
      continue;
    }
    check_alive(running.answered + 1);
    running.step();
  }
  running.silence.cancel();
  running.context.restart();
  running.context.poll();
  if (running.has_more()) fail_surplus();
}

void ChildProcess::finish() {
  if (!running_) return;
  const WithoutBrokenPipeSignal guard;
  Running& running = *running_;
  running.close_input();
  running.drain(kPatience);
  if (running.has_more()) fail_surplus();
  const auto note = [&](const std::string& what) {
    if (options_.log) options_.log(fmt::format("command '{}': {}", command_text(options_.words), what));
  };
  if (!running.ended_within(kPatience)) {
    note("did not end when its input had ended, and was ended");
  } else if (running.child->native_exit_code() != 0) {
    note(end_text(running.child->native_exit_code()) + " after its last answer");
  }
  running.stop();
  running_.reset();
}

}  // namespace backbones
