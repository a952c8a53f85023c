// What the environment says about the Hub: the variables of huggingface_hub, with their defaults and their order, so
// that a machine that is set up for the Python library is set up for this one.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/hub/url.h"

namespace hub {

struct Settings {
  Url endpoint = Url::parse("https://huggingface.co");  // HF_ENDPOINT; a path in it is a prefix of every target
  std::filesystem::path cache;                          // HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else $HF_HOME/hub
  std::string token;               // HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH; empty: none
  bool offline = false;            // HF_HUB_OFFLINE, else TRANSFORMERS_OFFLINE: 1, ON, YES, TRUE
  bool symlinks = true;            // HF_HUB_DISABLE_SYMLINKS turns them off: files are moved or copied
  double etag_timeout = 10;        // HF_HUB_ETAG_TIMEOUT: seconds of silence when asking about a file
  double download_timeout = 10;    // HF_HUB_DOWNLOAD_TIMEOUT: seconds of silence in a download
  double first_wait = 1;           // CAPPY_HUB_FIRST_WAIT: seconds before the first retry; doubles, at most 8 times it
  std::optional<Url> http_proxy;   // http_proxy (lower case only, as elsewhere)
  std::optional<Url> https_proxy;  // https_proxy, HTTPS_PROXY
  std::string no_proxy;            // no_proxy, NO_PROXY: "host,.domain,*"

  /// How a variable is looked up: nullopt where it is not set.
  using Lookup = std::function<std::optional<std::string>(const std::string&)>;
  /// Throws core::ConfigError that names the variable.
  static Settings from(const Lookup& lookup);
  static Settings from_environment();

  /// The proxy for an address; nullptr where it is reached directly.
  const Url* proxy_for(const Url& url) const;
};

}  // namespace hub
