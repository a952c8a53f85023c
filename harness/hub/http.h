// One HTTP/1.1 exchange at a time, over TCP or TLS, direct or through a proxy. The caller decides on redirects and
// retries; silence longer than a timeout ends an exchange, and so does a server whose certificate is not accepted
// (the system's certificates, or SSL_CERT_FILE and SSL_CERT_DIR). The last connection is kept for the next request to
// the same server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/hub/url.h"

namespace hub {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";  // or "HEAD"
  Url url;
  Headers headers;             // beside Host, User-Agent, Accept-Encoding: identity
  double timeout = 10;         // seconds without a byte
  const Url* proxy = nullptr;  // nullptr: direct
};

struct Response {
  int status = 0;
  Headers headers;
  /// The first header of that name (case ignored), stripped; nullopt where there is none.
  std::optional<std::string> header(std::string_view name) const;
  /// The same as a whole number; nullopt where it is none.
  std::optional<std::int64_t> number(std::string_view name) const;
  bool is_redirect() const;  // 301, 302, 303, 307, 308 with a Location
};

/// Called with each piece of the body as it comes; the response has status and headers by then. What it throws ends the
/// exchange.
using Sink = std::function<void(const Response&, std::string_view)>;

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Any status is a response. Throws HubError: kUnreachable, kCertificate, kInterrupted.
  Response send(const Request& request, const Sink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hub
