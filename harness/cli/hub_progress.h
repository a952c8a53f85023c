// What the Hub's client has to say, on standard error: waits and fallbacks as lines, downloads as progress.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/core/progress.h"
#include "harness/hub/download.h"
#include "harness/hub/retry.h"

namespace cli {

class HubProgress {
 public:
  HubProgress(std::string verb, core::ProgressMode mode) : verb_(std::move(verb)), mode_(mode) {}
  void say(const std::string& line);
  /// `there` of `of` bytes of a file (`of` < 0: not known).
  void watch(const std::string& path, std::int64_t there, std::int64_t of);

  /// The two as the client takes them; they refer to `this`.
  hub::Say as_say() {
    return [this](const std::string& line) { say(line); };
  }
  hub::Watch as_watch() {
    return [this](const std::string& path, std::int64_t there, std::int64_t of) { watch(path, there, of); };
  }

 private:
  std::string verb_;
  core::ProgressMode mode_;
  std::unique_ptr<core::Progress> shown_;
  std::string path_;
  std::int64_t there_ = 0;
};

}  // namespace cli
