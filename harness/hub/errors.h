// What can go wrong between here and the Hub. The text of an error says what to do; its kind decides whether a retry,
// the cache or another kind of repository may help.
#pragma once

#include <stdexcept>
#include <string>

namespace hub {

enum class Failure {
  kOffline,       // HF_HUB_OFFLINE is set and the cache has it not
  kUnreachable,   // no connection at all: no such host, refused, no route
  kInterrupted,   // the connection broke, fell silent or brought nonsense
  kBusy,          // 408, 429, 5xx
  kWrongContent,  // the bytes that came have another hash or length
  kCertificate,   // TLS: the server's certificate is not accepted
  kGated,         // access must be requested
  kNoRepository,  // or a private one
  kNoRevision,
  kNoEntry,  // no such file in the repository
  kRefused,  // any other status of 400 and above
};

class HubError : public std::runtime_error {
 public:
  HubError(Failure failure, const std::string& message, double retry_after = 0)
      : std::runtime_error(message), failure_(failure), retry_after_(retry_after) {}
  Failure failure() const { return failure_; }
  /// Seconds that the server asks to wait; 0: it does not say.
  double retry_after() const { return retry_after_; }
  /// Whether the same request may succeed a little later.
  bool transient() const {
    return failure_ == Failure::kUnreachable || failure_ == Failure::kInterrupted || failure_ == Failure::kBusy ||
           failure_ == Failure::kWrongContent;
  }

 private:
  Failure failure_;
  double retry_after_;
};

}  // namespace hub
