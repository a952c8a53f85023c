#include "harness/cli/hub_progress.h"

#include <iostream>
#include <utility>

namespace cli {

void HubProgress::say(const std::string& line) {
  shown_.reset();
  std::cerr << "cappy " << verb_ << ": " << line << '\n';
}

void HubProgress::watch(const std::string& path, std::int64_t there, std::int64_t of) {
  if (!shown_ || path != path_) {
    shown_.reset();  // ends its line before another begins
    shown_ = std::make_unique<core::Progress>(path, of, "bytes", mode_);
    path_ = path;
    there_ = 0;
  }
  shown_->add(there - std::exchange(there_, there));
  if (there == of) shown_.reset();
}

}  // namespace cli
