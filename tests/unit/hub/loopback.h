// A server for tests: one canned answer a connection, then it hangs up.
#pragma once

#include <string>
#include <thread>
#include <vector>

namespace hub {

class Loopback {
 public:
  /// Answers the i-th connection with `answers[i]`, after it has read a request.
  explicit Loopback(std::vector<std::string> answers);
  ~Loopback();
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The requests so far; call it when the client is done.
  std::vector<std::string> requests();

 private:
  void serve();
  std::vector<std::string> answers_, requests_;
  int socket_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace hub
