#include "harness/hub/url.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace hub {
namespace {

TEST(Url, PartsOfAnAddress) {
  const Url url = Url::parse("HTTPS://user:pass@Example.org:8443/a/b?c=d#e");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.user, "user:pass");
  EXPECT_EQ(url.host, "example.org");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.target, "/a/b?c=d");
  EXPECT_EQ(url.authority(), "example.org:8443");
  EXPECT_EQ(url.origin(), "https://example.org:8443");
  EXPECT_EQ(Url::parse("https://example.org").text(), "https://example.org/");
  EXPECT_EQ(Url::parse("http://example.org?q").target, "/?q");
  const Url six = Url::parse("http://[::1]:80/x");
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.authority(), "[::1]");
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* text : {"", "example.org", "ftp://x", "http://", "http://x:99999", "http://x:8a", "http://[::1",
                           "http://a b/", "http://x/\r\nHost: y", "http://x/\n"})
    EXPECT_THROW(Url::parse(text), std::invalid_argument) << text;
}

// RFC 3986, 5.4: the examples that a client of the Hub can meet.
TEST(Url, ResolvesReferences) {
  const Url base = Url::parse("http://a/b/c/d?q");
  const std::pair<const char*, const char*> cases[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"g#s", "http://a/b/c/g"},
      {"", "http://a/b/c/d?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"https://h/x", "https://h/x"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"/b?u=http://z/w", "http://a/b?u=http://z/w"},
  };
  for (const auto& [reference, expected] : cases) EXPECT_EQ(base.resolve(reference).text(), expected) << reference;
  EXPECT_THROW(base.resolve("/x\r\ny"), std::invalid_argument);
}

TEST(Url, PercentEncoding) {
  EXPECT_EQ(percent_encode("refs/convert/parquet", ""), "refs%2Fconvert%2Fparquet");
  EXPECT_EQ(percent_encode("folder/a b+c.txt", "/"), "folder/a%20b%2Bc.txt");
  EXPECT_EQ(percent_encode("\xc3\xaf~_-.", ""), "%C3%AF~_-.");
}

}  // namespace
}  // namespace hub
