#include "harness/hub/environment.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace hub {
namespace {

namespace fs = std::filesystem;

/// The first variable that is set and not empty.
std::optional<std::string> first_of(const Settings::Lookup& lookup, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = lookup(name); value && !value->empty()) return value;
  return std::nullopt;
}

bool is_true(const std::optional<std::string>& value) {
  if (!value) return false;
  std::string upper = *value;
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return upper == "1" || upper == "ON" || upper == "YES" || upper == "TRUE";
}

[[noreturn]] void fail(const std::string& name, const std::string& message) {
  throw core::ConfigError(name + ": " + message);
}

double seconds(const Settings::Lookup& lookup, const char* name, double otherwise) {
  const auto value = first_of(lookup, {name});
  if (!value) return otherwise;
  char* end = nullptr;
  const double number = std::strtod(value->c_str(), &end);
  if (*end != '\0' || !(number >= 0) || number > 86400) fail(name, "expected seconds, found '" + *value + "'");
  return number > 0 ? number : otherwise;
}

std::optional<Url> address(const Settings::Lookup& lookup, std::initializer_list<const char*> names) {
  const auto value = first_of(lookup, names);
  if (!value) return std::nullopt;
  try {
    return Url::parse(value->find("://") == std::string::npos ? "http://" + *value : *value);
  } catch (const std::invalid_argument& error) {
    fail(*names.begin(), error.what());
  }
}

/// "~" at the start, then $NAME and ${NAME}; what is not set stays as it is written.
fs::path expand(const Settings::Lookup& lookup, const std::string& written) {
  std::string text = written;
  if (text == "~" || text.starts_with("~/")) text = lookup("HOME").value_or("~") + text.substr(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out.push_back(text[i]);
      continue;
    }
    const bool braces = text.substr(i + 1, 1) == "{";
    const std::size_t begin = i + (braces ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    const auto value = end > begin ? lookup(text.substr(begin, end - begin)) : std::nullopt;
    const bool closed = !braces || text.substr(end, 1) == "}";
    if (!value || !closed) {
      out.push_back('$');
      continue;
    }
    out += *value;
    i = end - (braces ? 0 : 1);
  }
  return out;
}

fs::path home_of_hub(const Settings::Lookup& lookup) {
  if (const auto home = first_of(lookup, {"HF_HOME"})) return expand(lookup, *home);
  const auto base = first_of(lookup, {"XDG_CACHE_HOME"});
  return expand(lookup, base.value_or("~/.cache")) / "huggingface";
}

std::string clean_token(const std::string& text, const std::string& source) {
  std::string token;
  for (const char c : std::string(core::strip(text)))
    if (c != '\n' && c != '\r') token.push_back(c);
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!plain) fail(source, "has characters that no token of the Hub has");
  return token;
}

std::string find_token(const Settings::Lookup& lookup, const fs::path& home) {
  if (is_true(lookup("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return "";
  if (const auto value = first_of(lookup, {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}))
    return clean_token(*value, "HF_TOKEN");
  const auto told = lookup("HF_TOKEN_PATH");
  const fs::path file = told ? expand(lookup, *told) : home / "token";
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? clean_token(core::read_file(file), file.string()) : "";
}

/// "example.org" and ".example.org" mean the host and what is below it; "*" all.
bool is_exempt(const std::string& host, std::string_view list) {
  for (std::string_view entry : core::split(list, ",")) {
    entry = core::strip(entry);
    if (entry == "*") return true;
    if (entry.starts_with(".")) entry.remove_prefix(1);
    if (entry.empty()) continue;
    if (host == entry) return true;
    if (host.size() > entry.size() && host.ends_with(entry) && host[host.size() - entry.size() - 1] == '.') return true;
  }
  return false;
}

}  // namespace

Settings Settings::from(const Lookup& lookup) {
  Settings settings;
  if (const auto endpoint = first_of(lookup, {"HF_ENDPOINT"})) {
    try {
      settings.endpoint = Url::parse(*endpoint);
    } catch (const std::invalid_argument& error) {
      fail("HF_ENDPOINT", error.what());
    }
  }
  const fs::path home = home_of_hub(lookup);
  const auto cache = first_of(lookup, {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  settings.cache = fs::absolute(cache ? expand(lookup, *cache) : home / "hub");
  settings.token = find_token(lookup, home);
  settings.offline = is_true(first_of(lookup, {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}));
  settings.symlinks = !is_true(lookup("HF_HUB_DISABLE_SYMLINKS"));
  settings.etag_timeout = seconds(lookup, "HF_HUB_ETAG_TIMEOUT", settings.etag_timeout);
  settings.download_timeout = seconds(lookup, "HF_HUB_DOWNLOAD_TIMEOUT", settings.download_timeout);
  settings.first_wait = seconds(lookup, "CAPPY_HUB_FIRST_WAIT", settings.first_wait);
  settings.http_proxy = address(lookup, {"http_proxy"});
  settings.https_proxy = address(lookup, {"https_proxy", "HTTPS_PROXY"});
  settings.no_proxy = first_of(lookup, {"no_proxy", "NO_PROXY"}).value_or("");
  return settings;
}

Settings Settings::from_environment() {
  return from([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
}

const Url* Settings::proxy_for(const Url& url) const {
  const auto& proxy = url.secure() ? https_proxy : http_proxy;
  return proxy && !is_exempt(url.host, no_proxy) ? &*proxy : nullptr;
}

}  // namespace hub
