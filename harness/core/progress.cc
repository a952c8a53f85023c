#include "harness/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "harness/core/errors.h"

namespace core {
namespace {

using Clock = std::chrono::steady_clock;

ProgressMode resolve(ProgressMode mode) {
  if (mode != ProgressMode::kAuto) return mode;
  return ::isatty(STDERR_FILENO) ? ProgressMode::kBar : ProgressMode::kPlain;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// "0:07", "12:34", "1:02:03".
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar_text(double share) {
  constexpr int kWidth = 24;
  const int full = std::clamp(static_cast<int>(share * kWidth), 0, kWidth);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kWidth - full), '.') + "] ";
}

}  // namespace

ProgressMode progress_mode_from(const std::string& name) {
  if (name == "auto") return ProgressMode::kAuto;
  if (name == "none") return ProgressMode::kNone;
  if (name == "plain") return ProgressMode::kPlain;
  if (name == "bar") return ProgressMode::kBar;
  throw UsageError(fmt::format("--progress: '{}' is none of auto, none, plain, bar{}", name,
                               did_you_mean(name, {"auto", "none", "plain", "bar"})));
}

Progress::Progress(std::string title, std::int64_t total, std::string unit, ProgressMode mode)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      mode_(resolve(mode)),
      start_(Clock::now()),
      drawn_(start_) {}

Progress::~Progress() { draw(true); }

void Progress::add(std::int64_t count) {
  done_ += count;
  const double interval = mode_ == ProgressMode::kBar ? 0.1 : 5.0;
  if (mode_ != ProgressMode::kNone && seconds_since(drawn_) >= interval) draw(false);
}

void Progress::draw(bool last) {
  if (mode_ == ProgressMode::kNone) return;
  drawn_ = Clock::now();
  const double elapsed = seconds_since(start_);
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  std::string line = mode_ == ProgressMode::kBar ? "\r" : "";
  line += title_ + ": ";
  if (mode_ == ProgressMode::kBar && total_ > 0)
    line += bar_text(static_cast<double>(done_) / static_cast<double>(total_));
  line += total_ < 0 ? fmt::format("{} {}", done_, unit_) : fmt::format("{}/{} {}", done_, total_, unit_);
  if (total_ > 0) line += fmt::format(" ({}%)", done_ * 100 / total_);
  if (done_ > 0) line += fmt::format(", {:.3g}/s", rate);
  if (last) line += ", took " + clock_text(elapsed);
  if (!last && rate > 0 && total_ > done_)
    line += ", " + clock_text(static_cast<double>(total_ - done_) / rate) + " left";
  if (mode_ == ProgressMode::kBar) line += "\033[K";
  if (mode_ == ProgressMode::kPlain || last) line += "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace core
