#include "harness/hub/retry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace hub {
namespace {

/// How often an attempt that always fails so is made.
int attempts_at(Failure failure) {
  int attempts = 0;
  Retry retry(0.0001, [](const std::string&) {});
  EXPECT_THROW(retry.run([&]() -> int {
    ++attempts;
    throw HubError(failure, "x");
  }),
               HubError);
  return attempts;
}

TEST(Retry, OnlyWhatMayPass) {
  EXPECT_EQ(attempts_at(Failure::kUnreachable), 3);
  EXPECT_EQ(attempts_at(Failure::kWrongContent), 3);
  EXPECT_EQ(attempts_at(Failure::kInterrupted), 6);
  EXPECT_EQ(attempts_at(Failure::kBusy), 6);
  for (const Failure failure : {Failure::kOffline, Failure::kCertificate, Failure::kGated, Failure::kNoRepository,
                                Failure::kNoRevision, Failure::kNoEntry, Failure::kRefused})
    EXPECT_EQ(attempts_at(failure), 1);
}

TEST(Retry, SucceedsInBetween) {
  int attempts = 0;
  std::vector<std::string> said;
  Retry retry(0.0001, [&](const std::string& line) { said.push_back(line); });
  EXPECT_EQ(retry.run([&] {
    if (++attempts < 4) throw HubError(Failure::kBusy, "busy");
    return 7;
  }),
            7);
  ASSERT_EQ(said.size(), 3u);
  EXPECT_NE(said[0].find("busy: trying again"), std::string::npos);
}

TEST(Retry, ProgressGivesPatienceBack) {
  Retry retry(0.0001, [](const std::string&) {});
  for (int i = 0; i < 50; ++i) {
    retry.progress();
    EXPECT_NO_THROW(retry.wait_after(HubError(Failure::kInterrupted, "x")));
  }
}

TEST(Retry, WaitsAsLongAsTheServerAsks) {
  Retry retry(0.0001, [](const std::string&) {});
  const auto begin = std::chrono::steady_clock::now();
  retry.wait_after(HubError(Failure::kBusy, "x", 0.05));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  try {
    retry.wait_after(HubError(Failure::kBusy, "x", 4000));
    FAIL();
  } catch (const HubError& error) {
    EXPECT_NE(std::string(error.what()).find("4000 s"), std::string::npos);
  }
}

}  // namespace
}  // namespace hub
