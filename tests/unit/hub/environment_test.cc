#include "harness/hub/environment.h"

#include <gtest/gtest.h>

#include <map>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "tests/unit/hub/temporary_folder.h"

namespace hub {
namespace {

Settings settings_of(std::map<std::string, std::string> variables) {
  variables.emplace("HOME", "/home/someone");
  return Settings::from([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Environment, CacheFolder) {
  EXPECT_EQ(settings_of({}).cache, "/home/someone/.cache/huggingface/hub");
  EXPECT_EQ(settings_of({{"XDG_CACHE_HOME", "/x"}}).cache, "/x/huggingface/hub");
  EXPECT_EQ(settings_of({{"XDG_CACHE_HOME", "/x"}, {"HF_HOME", "~/hf"}}).cache, "/home/someone/hf/hub");
  EXPECT_EQ(settings_of({{"HF_HOME", "/h"}, {"HUGGINGFACE_HUB_CACHE", "/old"}}).cache, "/old");
  EXPECT_EQ(
      settings_of(
          {{"HUGGINGFACE_HUB_CACHE", "/old"}, {"HF_HUB_CACHE", "$SCRATCH/${USER}/c"}, {"SCRATCH", "/s"}, {"USER", "u"}})
          .cache,
      "/s/u/c");
  EXPECT_EQ(settings_of({{"HF_HUB_CACHE", "/a/$NOT_SET/${ALSO_NOT"}}).cache, "/a/$NOT_SET/${ALSO_NOT");
}

TEST(Environment, Offline) {
  EXPECT_FALSE(settings_of({}).offline);
  for (const char* yes : {"1", "on", "YES", "True"}) EXPECT_TRUE(settings_of({{"HF_HUB_OFFLINE", yes}}).offline) << yes;
  EXPECT_FALSE(settings_of({{"HF_HUB_OFFLINE", "0"}, {"TRANSFORMERS_OFFLINE", "1"}}).offline);
  EXPECT_TRUE(settings_of({{"HF_HUB_OFFLINE", ""}, {"TRANSFORMERS_OFFLINE", "1"}}).offline);
}

TEST(Environment, Token) {
  const TemporaryFolder folder;
  const std::string home = folder.path().string();
  EXPECT_EQ(settings_of({{"HF_HOME", home}}).token, "");
  core::write_file(folder.path() / "token", "  hf_file\n");
  EXPECT_EQ(settings_of({{"HF_HOME", home}}).token, "hf_file");
  EXPECT_EQ(settings_of({{"HF_HOME", home}, {"HUGGING_FACE_HUB_TOKEN", "hf_old"}}).token, "hf_old");
  EXPECT_EQ(settings_of({{"HUGGING_FACE_HUB_TOKEN", "hf_old"}, {"HF_TOKEN", "hf_new\r\n"}}).token, "hf_new");
  EXPECT_EQ(settings_of({{"HF_TOKEN", "hf_new"}, {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}}).token, "");
  EXPECT_THROW(settings_of({{"HF_TOKEN", "hf new"}}), core::ConfigError);
}

TEST(Environment, NumbersAndAddresses) {
  EXPECT_EQ(settings_of({{"HF_HUB_ETAG_TIMEOUT", "30"}}).etag_timeout, 30);
  EXPECT_EQ(settings_of({{"HF_HUB_DOWNLOAD_TIMEOUT", "0"}}).download_timeout, 10);
  for (const char* wrong : {"soon", "-1", "nan", "5s"})
    EXPECT_THROW(settings_of({{"HF_HUB_ETAG_TIMEOUT", wrong}}), core::ConfigError) << wrong;
  EXPECT_EQ(settings_of({{"HF_ENDPOINT", "http://127.0.0.1:8080/hub/"}}).endpoint.target, "/hub/");
  EXPECT_THROW(settings_of({{"HF_ENDPOINT", "gopher://x"}}), core::ConfigError);
  EXPECT_FALSE(settings_of({{"HF_HUB_DISABLE_SYMLINKS", "1"}}).symlinks);
}

TEST(Environment, Proxies) {
  const Settings settings = settings_of(
      {{"HTTPS_PROXY", "http://u:p@proxy:3128"}, {"http_proxy", "plain:80"}, {"no_proxy", "localhost, .inner.org"}});
  EXPECT_EQ(settings.proxy_for(Url::parse("https://huggingface.co/x"))->authority(), "proxy:3128");
  EXPECT_EQ(settings.proxy_for(Url::parse("http://huggingface.co/x"))->authority(), "plain");
  EXPECT_EQ(settings.proxy_for(Url::parse("http://localhost:1/x")), nullptr);
  EXPECT_EQ(settings.proxy_for(Url::parse("https://hub.inner.org/x")), nullptr);
  EXPECT_NE(settings.proxy_for(Url::parse("https://winner.org/x")), nullptr);
  EXPECT_EQ(settings_of({{"https_proxy", "p:1"}, {"no_proxy", "*"}}).proxy_for(Url::parse("https://x/")), nullptr);
}

}  // namespace
}  // namespace hub
