#include "harness/hub/url.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace hub {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string default_port(const std::string& scheme) { return scheme == "https" ? "443" : "80"; }

/// Nothing that could end a header line or a request line early.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Takes "host", "host:port" or "[v6]:port" apart; false where it is none.
bool read_authority(std::string_view text, Url& url) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    url.user = std::string(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = lower(text.substr(1, close - 1));
    port = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    url.host = lower(text.substr(0, colon));
    port = colon == std::string_view::npos ? "" : text.substr(colon);
  }
  if (!port.empty() && port.front() != ':') return false;
  if (port.size() > 1) url.port = std::string(port.substr(1));
  const bool digits = std::all_of(url.port.begin(), url.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !url.host.empty() && digits && url.port.size() <= 5 && std::stoi(url.port) <= 65535;
}

/// RFC 3986, 5.2.4: "." and ".." are resolved.
std::string remove_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  std::string_view rest = path.substr(1);  // it begins with "/"
  for (;;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != ".") {
      parts.push_back(part);
    }
    if (last) {
      if (part == ".." || part == ".") parts.push_back("");
      break;
    }
    rest.remove_prefix(slash + 1);
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

}  // namespace

Url Url::parse(std::string_view text) {
  Url url;
  const auto fail = [&] {
    return std::invalid_argument("'" + std::string(text) + "' is not an address like https://host/path");
  };
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || !is_printable(text)) throw fail();
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") throw fail();
  url.port = default_port(url.scheme);
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto end = rest.find_first_of("/?");
  if (!read_authority(rest.substr(0, end), url)) throw fail();
  if (end != std::string_view::npos) url.target = (rest[end] == '?' ? "/" : "") + std::string(rest.substr(end));
  return url;
}

Url Url::resolve(std::string_view reference) const {
  const auto colon = reference.find("://");
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?#")) return parse(reference);
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  if (!is_printable(reference)) throw std::invalid_argument("'" + std::string(reference) + "' is not an address");
  Url out = *this;
  reference = reference.substr(0, reference.find('#'));
  if (reference.empty()) return out;
  const std::string path = target.substr(0, target.find('?'));
  const auto question = reference.find('?');
  const std::string query = question == std::string_view::npos ? "" : std::string(reference.substr(question));
  std::string joined(reference.substr(0, question));
  if (joined.empty()) joined = path;
  if (joined.front() != '/') joined = path.substr(0, path.rfind('/') + 1) + joined;
  out.target = remove_dots(joined) + query;
  return out;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(scheme) ? name : name + ":" + port;
}

std::string percent_encode(std::string_view text, std::string_view safe) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("_.-~").find(c) != std::string_view::npos ||
        safe.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace hub
