// The client against canned answers; tests/e2e/hub.py has a whole Hub.
#include "harness/hub/hub.h"

#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "tests/unit/hub/loopback.h"
#include "tests/unit/hub/temporary_folder.h"

namespace hub {
namespace {

const std::string kCommit(40, 'c');
const std::string kHelloBlob = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";  // git hash-object of "hello"

std::string answer(const std::string& status, const std::string& headers, const std::string& body = "") {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers + "\r\n" + body;
}

std::string head_of_hello() {
  return answer("200 OK", "X-Repo-Commit: " + kCommit + "\r\nETag: \"" + kHelloBlob + "\"\r\nContent-Length: 5\r\n");
}

class HubTest : public ::testing::Test {
 protected:
  Hub hub(const std::string& endpoint) {
    Settings settings;
    settings.endpoint = Url::parse(endpoint);
    settings.cache = folder_.path();
    settings.first_wait = 0.001;
    settings.etag_timeout = settings.download_timeout = 2;
    settings.offline = offline_;
    return Hub(settings, [this](const std::string& line) { said_ += line + "\n"; });
  }
  TemporaryFolder folder_;
  bool offline_ = false;
  std::string said_;
  const Repository model_{.kind = RepositoryKind::kModel, .id = "org/model", .revision = "main"};
};

TEST_F(HubTest, FetchesOnceAndFindsAgain) {
  Loopback server({head_of_hello(), answer("200 OK", "Content-Length: 5\r\n", "hello")});
  Hub client = hub(server.address());
  EXPECT_EQ(client.cached(model_, "a/f.txt"), std::nullopt);
  const auto file = client.fetch(model_, "a/f.txt");
  EXPECT_EQ(core::read_file(file), "hello");
  EXPECT_EQ(client.fetch(model_, "a/f.txt"), file);  // the same process does not ask again
  EXPECT_EQ(client.cached(model_, "a/f.txt"), file);
  EXPECT_EQ(client.cached_files(model_), std::vector<std::string>{"a/f.txt"});
  EXPECT_EQ(*client.snapshot(model_) / "a/f.txt", file);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_TRUE(requests[0].starts_with("HEAD /org/model/resolve/main/a/f.txt HTTP/1.1\r\n")) << requests[0];
  EXPECT_TRUE(requests[1].starts_with("GET /org/model/resolve/" + kCommit + "/a/f.txt HTTP/1.1\r\n")) << requests[1];
  offline_ = true;
  EXPECT_EQ(hub("http://127.0.0.1:1").fetch(model_, "a/f.txt"), file);
}

TEST_F(HubTest, EndpointMayHaveAPath) {
  Loopback server({head_of_hello(), answer("200 OK", "Content-Length: 5\r\n", "hello")});
  hub(server.address() + "/mirror/")
      .fetch({.kind = RepositoryKind::kDataset, .id = "org/set", .revision = "refs/pr/1"}, "f");
  EXPECT_TRUE(server.requests()[0].starts_with("HEAD /mirror/datasets/org/set/resolve/refs%2Fpr%2F1/f HTTP/1.1\r\n"));
}

TEST_F(HubTest, ABlobOfTheRightNameButAnotherLengthIsFetchedAgain) {
  Loopback server({head_of_hello(), answer("200 OK", "Content-Length: 5\r\n", "hello")});
  core::write_file(folder_.path() / "models--org--model/blobs" / kHelloBlob, "hel");
  EXPECT_EQ(core::read_file(hub(server.address()).fetch(model_, "f")), "hello");
}

TEST_F(HubTest, UnusableMetadata) {
  for (const std::string headers :
       {"", "X-Repo-Commit: ../../x\r\nETag: \"a\"\r\n", "X-Repo-Commit: CCC\r\nETag: \"../../x\"\r\n"}) {
    Loopback server({answer("200 OK", headers + "Content-Length: 5\r\n")});
    try {
      hub(server.address()).fetch(model_, "f");
      FAIL() << headers;
    } catch (const HubError& error) {
      EXPECT_EQ(error.failure(), Failure::kRefused);
      EXPECT_NE(std::string(error.what()).find("HF_ENDPOINT"), std::string::npos);
    }
  }
}

TEST_F(HubTest, AbsenceIsRemembered) {
  Loopback server({answer("404 Not Found",
                          "X-Error-Code: EntryNotFound\r\nX-Repo-Commit: " + kCommit + "\r\nContent-Length: 0\r\n")});
  Hub client = hub(server.address());
  EXPECT_THROW(client.fetch(model_, "f"), HubError);
  EXPECT_THROW(client.fetch({.kind = model_.kind, .id = model_.id, .revision = kCommit}, "f"), HubError);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "models--org--model/.no_exist" / kCommit / "f"));
}

TEST_F(HubTest, ListingThatIsNone) {
  const std::string revision = "{\"sha\": \"" + kCommit + "\"}";
  for (const std::string tree :
       {"", "{", "{}", "[{\"type\": \"file\"}]", "[{\"type\": \"file\", \"path\": \"x\", \"size\": \"1\"}]"}) {
    std::vector<std::string> answers{
        answer("200 OK", "Content-Length: " + std::to_string(revision.size()) + "\r\n", revision)};
    for (int i = 0; i < 6; ++i)
      answers.push_back(answer("200 OK", "Content-Length: " + std::to_string(tree.size()) + "\r\n", tree));
    Loopback server(answers);
    try {
      hub(server.address()).list(model_);
      FAIL() << tree;
    } catch (const HubError& error) {
      EXPECT_EQ(error.failure(), Failure::kInterrupted) << error.what();
    }
    EXPECT_EQ(server.requests().size(), 7u);
  }
}

TEST_F(HubTest, PathsOfAListingStayInside) {
  const std::string revision = "{\"sha\": \"" + kCommit + "\"}";
  const std::string tree = "[{\"type\": \"file\", \"path\": \"../../x\", \"size\": 1, \"oid\": \"b\"}]";
  std::vector<std::string> answers{
      answer("200 OK", "Content-Length: " + std::to_string(revision.size()) + "\r\n", revision)};
  for (int i = 0; i < 6; ++i)
    answers.push_back(answer("200 OK", "Content-Length: " + std::to_string(tree.size()) + "\r\n", tree));
  Loopback server(answers);
  EXPECT_THROW(hub(server.address()).list(model_), HubError);
}

}  // namespace
}  // namespace hub
