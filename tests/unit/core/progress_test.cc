#include "harness/core/progress.h"

#include <gtest/gtest.h>

#include "harness/core/errors.h"

namespace core {
namespace {

std::string shown(ProgressMode mode, std::int64_t total) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress("scoring", total, "pairs", mode);
    progress.add(3);
    progress.add(4);
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(Progress, PlainLines) {
  const std::string text = shown(ProgressMode::kPlain, 7);
  EXPECT_EQ(text.rfind("scoring: 7/7 pairs (100%), ", 0), 0u) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(shown(ProgressMode::kPlain, -1).rfind("scoring: 7 pairs, ", 0), 0u);
}

TEST(Progress, NoneIsSilentAndABarIsRedrawn) {
  EXPECT_EQ(shown(ProgressMode::kNone, 7), "");
  const std::string bar = shown(ProgressMode::kBar, 14);
  EXPECT_NE(bar.find("\rscoring: [############............] 7/14 pairs (50%)"), std::string::npos) << bar;
}

TEST(Progress, NamesAreAClosedSet) {
  EXPECT_EQ(progress_mode_from("plain"), ProgressMode::kPlain);
  EXPECT_THROW(progress_mode_from("plian"), UsageError);
}

}  // namespace
}  // namespace core
