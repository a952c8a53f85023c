#include "harness/hub/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>

namespace hub {
namespace {

constexpr double kLongestAskedWait = 320;  // the Hub counts requests in windows of 300 seconds

/// From half to the whole of a wait, so that many clients do not come back at once. No result depends on it.
double jitter() {
  static thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.5, 1)(generator);
}

}  // namespace

int most_attempts(Failure failure) {
  switch (failure) {
    case Failure::kUnreachable:
    case Failure::kWrongContent:
      return 3;
    case Failure::kInterrupted:
    case Failure::kBusy:
      return 6;
    default:
      return 1;
  }
}

void Retry::wait_after(const HubError& error) {
  ++failures_;
  if (!error.transient() || failures_ >= most_attempts(error.failure())) throw error;
  if (error.retry_after() > kLongestAskedWait)
    throw HubError(error.failure(),
                   fmt::format("{}; it asks to wait {:.0f} s: try again then", error.what(), error.retry_after()));
  const double own = first_wait_ * std::min(8.0, std::pow(2.0, failures_ - 1)) * jitter();
  const double wait = std::max(own, error.retry_after());
  say_(fmt::format("{}: trying again in {:.1f} s ({} of {})", error.what(), wait, failures_,
                   most_attempts(error.failure()) - 1));
  std::this_thread::sleep_for(std::chrono::duration<double>(wait));
}

}  // namespace hub
