#include "harness/run/journal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/core/files.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::TemporaryFolder;
using testing::write_text;
using Lines = std::vector<std::string>;

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() : path_(folder_.path() / "j.partial") {
    Journal journal(path_, "owner");
    journal.append({"{\"a\":1}", "{\"a\":2}"});
    journal.append({"{\"a\":3}"});
    whole_ = core::read_file(path_);
  }
  Lines lines_of(const std::string& content, const std::string& owner = "owner") {
    write_text(path_, content);
    return Journal(path_, owner).lines();
  }
  TemporaryFolder folder_;
  std::filesystem::path path_;
  std::string whole_;
};

TEST_F(JournalTest, GivesBackWhatWasAppended) {
  Journal journal(path_, "owner");
  EXPECT_EQ(journal.lines(), (Lines{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"}));
  EXPECT_EQ(journal.dropped(), 0u);
}

TEST_F(JournalTest, AnyCutLeavesAPrefixAndGoesOn) {
  const Lines all{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"};
  for (std::size_t length = 0; length <= whole_.size(); ++length) {
    write_text(path_, whole_.substr(0, length));
    Journal journal(path_, "owner");
    const Lines kept = journal.lines();
    ASSERT_LE(kept.size(), all.size());
    EXPECT_TRUE(std::equal(kept.begin(), kept.end(), all.begin())) << length;
    journal.append({all.begin() + static_cast<std::ptrdiff_t>(kept.size()), all.end()});
    EXPECT_EQ(core::read_file(path_), whole_) << length;
  }
}

TEST_F(JournalTest, AnyChangedByteEndsTheGoodLinesBeforeIt) {
  for (std::size_t at = 0; at < whole_.size(); ++at) {
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    const std::size_t before =
        static_cast<std::size_t>(std::count(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    EXPECT_EQ(lines_of(damaged).size(), before == 0 ? 0 : before - 1) << at;
  }
}

TEST_F(JournalTest, ALostLineIsNoticed) {
  const std::size_t first = whole_.find('\n') + 1, second = whole_.find('\n', first) + 1;
  EXPECT_EQ(lines_of(whole_.substr(0, first) + whole_.substr(second)), Lines{});
}

TEST_F(JournalTest, AnotherOwnerStartsAnew) {
  EXPECT_EQ(lines_of(whole_, "someone else"), Lines{});
  EXPECT_EQ(lines_of(whole_, "owner").size(), 3u);
}

}  // namespace
}  // namespace run
