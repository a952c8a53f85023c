// Addresses: as much of RFC 3986 as a client of the Hub needs. http and https, a host or an IP address, a port, a
// target.
#pragma once

#include <string>
#include <string_view>

namespace hub {

struct Url {
  std::string scheme;        // "http" or "https"
  std::string user;          // "name:password" of a proxy; else empty
  std::string host;          // lower case; an IPv6 address without its brackets
  std::string port;          // digits; the scheme's own where none is written
  std::string target = "/";  // path and query

  /// Throws std::invalid_argument that quotes the text.
  static Url parse(std::string_view text);
  /// A reference (the header Location) as seen from here: absolute, "//host/path", "/path", "path" or "?query".
  Url resolve(std::string_view reference) const;

  bool secure() const { return scheme == "https"; }
  /// Host and port as the header Host wants them: the port only where it is not the scheme's own.
  std::string authority() const;
  /// Scheme, host and port: what must be equal for a token to be sent.
  std::string origin() const { return scheme + "://" + host + ":" + port; }
  std::string text() const { return scheme + "://" + authority() + target; }
};

/// Percent-encodes all but letters, digits, "_.-~" and the characters in `safe` (Python's urllib.parse.quote).
std::string percent_encode(std::string_view text, std::string_view safe);

}  // namespace hub
