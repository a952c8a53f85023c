// When to try again: exponential waits with jitter, as many as the kind of failure deserves, and as long as the server
// asks where it does. Progress gives the patience back.
#pragma once

#include <functional>
#include <string>

#include "harness/hub/errors.h"

namespace hub {

/// A line for the user: a wait, a fallback to the cache.
using Say = std::function<void(const std::string&)>;

class Retry {
 public:
  /// `first_wait` in seconds; it doubles up to 8 times itself.
  Retry(double first_wait, Say say) : first_wait_(first_wait), say_(std::move(say)) {}

  /// Waits before another attempt. Throws the error itself where it is not transient or the attempts are used up.
  void wait_after(const HubError& error);
  /// Something was gained: count from the start.
  void progress() { failures_ = 0; }

  /// Calls `attempt` until it does not throw a transient HubError.
  template <class Attempt>
  auto run(Attempt attempt) {
    for (;;) {
      try {
        return attempt();
      } catch (const HubError& error) {
        wait_after(error);
      }
    }
  }

 private:
  double first_wait_;
  Say say_;
  int failures_ = 0;
};

/// How many failures of a kind in a row end it.
int most_attempts(Failure failure);

}  // namespace hub
