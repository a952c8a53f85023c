// Progress on standard error: one bar that is redrawn on a terminal (share, rate, time left), plain lines every few seconds
// otherwise. Results go to standard output, so the two never mix.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace core {

enum class ProgressMode { kAuto, kNone, kPlain, kBar };

/// "auto", "none", "plain", "bar". Throws UsageError.
ProgressMode progress_mode_from(const std::string& name);

class Progress {
 public:
  /// `total` < 0: unknown. `unit` is a plural noun: "instances", "pairs".
  Progress(std::string title, std::int64_t total, std::string unit, ProgressMode mode = ProgressMode::kAuto);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void add(std::int64_t count);

 private:
  void draw(bool last);
  std::string title_, unit_;
  std::int64_t total_, done_ = 0;
  ProgressMode mode_;
  std::chrono::steady_clock::time_point start_, drawn_;
};

}  // namespace core
