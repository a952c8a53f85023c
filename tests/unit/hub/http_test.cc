#include "harness/hub/http.h"

#include <gtest/gtest.h>

#include "harness/hub/errors.h"
#include "tests/unit/hub/loopback.h"

namespace hub {
namespace {

struct Outcome {
  Response response;
  std::string body;
  std::optional<Failure> failure;
};

Outcome get(Loopback& server, Request request = {}) {
  Outcome outcome;
  HttpClient client;
  request.url = Url::parse(server.address() + "/path?query");
  request.timeout = 2;
  try {
    outcome.response = client.send(request, [&](const Response&, std::string_view piece) { outcome.body += piece; });
  } catch (const HubError& error) {
    outcome.failure = error.failure();
  }
  return outcome;
}

TEST(Http, BodyByLength) {
  Loopback server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name:  value \r\n\r\nhello"});
  Request request;
  request.headers = {{"Range", "bytes=3-"}};
  const Outcome outcome = get(server, request);
  EXPECT_EQ(outcome.response.status, 200);
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_EQ(outcome.response.header("x-name"), "value");
  EXPECT_EQ(outcome.response.number("Content-Length"), 5);
  EXPECT_EQ(outcome.response.header("absent"), std::nullopt);
  const std::string sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("GET /path?query HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("\r\nRange: bytes=3-\r\n"), std::string::npos) << sent;
  EXPECT_NE(sent.find("\r\nAccept-Encoding: identity\r\n"), std::string::npos) << sent;
}

TEST(Http, BodyInChunksAndToTheEnd) {
  Loopback chunked({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"});
  EXPECT_EQ(get(chunked).body, "abcde");
  Loopback to_the_end({"HTTP/1.0 200 OK\r\n\r\nabc"});
  EXPECT_EQ(get(to_the_end).body, "abc");
  Loopback empty({"HTTP/1.1 204 No Content\r\n\r\n"});
  EXPECT_EQ(get(empty).response.status, 204);
}

TEST(Http, HeadHasNoBody) {
  Loopback server({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"});
  Request request;
  request.method = "HEAD";
  const Outcome outcome = get(server, request);
  EXPECT_EQ(outcome.response.number("Content-Length"), 5000);
  EXPECT_FALSE(outcome.failure);
}

TEST(Http, BrokenAnswers) {
  for (const char* answer :
       {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "\x16\x03\x01\x02"}) {
    Loopback server({answer});
    EXPECT_EQ(get(server).failure, Failure::kInterrupted) << answer;
  }
}

TEST(Http, PartOfABodyIsHandedOn) {
  Loopback server({"HTTP/1.1 206 Partial Content\r\nContent-Length: 9\r\n\r\nhello"});
  const Outcome outcome = get(server);
  EXPECT_EQ(outcome.failure, Failure::kInterrupted);
  EXPECT_EQ(outcome.body, "hello");
}

TEST(Http, NobodyThere) {
  HttpClient client;
  Request request;
  request.url = Url::parse("http://127.0.0.1:1/");
  try {
    client.send(request, [](const Response&, std::string_view) {});
    FAIL();
  } catch (const HubError& error) {
    EXPECT_EQ(error.failure(), Failure::kUnreachable);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:1"), std::string::npos);
  }
}

// A server that keeps silent, and one that hangs up on the second request over a kept connection.
TEST(Http, ConnectionIsMadeAgainWhereTheKeptOneIsGone) {
  Loopback server({"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"});
  HttpClient client;
  Request request;
  request.url = Url::parse(server.address() + "/");
  request.timeout = 2;
  std::string body;
  const Sink sink = [&](const Response&, std::string_view piece) { body += piece; };
  client.send(request, sink);
  client.send(request, sink);
  EXPECT_EQ(body, "ab");
}

TEST(Http, Proxy) {
  Loopback proxy(
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"});
  Url address = Url::parse(proxy.address());
  address.user = "me:secret";
  HttpClient client;
  Request request;
  request.url = Url::parse("http://hub.invalid/x");
  request.proxy = &address;
  EXPECT_EQ(client.send(request, [](const Response&, std::string_view) {}).status, 200);
  request.url = Url::parse("https://hub.invalid/x");
  EXPECT_THROW(client.send(request, [](const Response&, std::string_view) {}), HubError);
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_TRUE(requests[0].starts_with("GET http://hub.invalid/x HTTP/1.1\r\nHost: hub.invalid\r\n")) << requests[0];
  EXPECT_NE(requests[0].find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), std::string::npos) << requests[0];
  EXPECT_TRUE(requests[1].starts_with("CONNECT hub.invalid:443 HTTP/1.1\r\n")) << requests[1];
}

TEST(Http, Redirects) {
  Response response;
  response.status = 302;
  EXPECT_FALSE(response.is_redirect());
  response.headers = {{"location", "/x"}};
  EXPECT_TRUE(response.is_redirect());
  response.status = 304;
  EXPECT_FALSE(response.is_redirect());
}

}  // namespace
}  // namespace hub
