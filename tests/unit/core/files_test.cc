#include "harness/core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iterator>

#include "harness/core/errors.h"

namespace core {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("cappy-files-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  fs::path folder_;
};

/// No file may grow beyond `bytes` while it lives: to a writer a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(Files, WrittenWholeAndReplaced) {
  const fs::path path = folder_ / "deep/er/a.json";
  write_file(path, "one");
  write_file(path, std::string("two\0three", 9));
  EXPECT_EQ(read_file(path), std::string("two\0three", 9));
  EXPECT_EQ(entries(path.parent_path()), 1u) << "no temporary file stays";
}

TEST_F(Files, MissingOrUnwritableIsAnError) {
  EXPECT_THROW(read_file(folder_ / "absent"), FileError);
  write_file(folder_ / "file", "x");
  EXPECT_THROW(write_file(folder_ / "file/below", "y"), FileError);
  EXPECT_THROW(write_file("/proc/no/such/place", "y"), FileError);
}

TEST_F(Files, FullDiskLeavesTheOldContentAndNothingElse) {
  const fs::path path = folder_ / "result";
  write_file(path, "old");
  {
    const FullDisk full(4096);
    EXPECT_THROW(write_file(path, std::string(10000, 'x')), FileError);
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries(folder_), 1u);
}

TEST_F(Files, AppendFileCutsAPartialLine) {
  const fs::path path = folder_ / "journal";
  { AppendFile(path).append("one\ntwo\n"); }
  write_file(path, read_file(path) + "thr");
  {
    AppendFile file(path);
    EXPECT_EQ(read_file(path), "one\ntwo\n");
    file.append("three\n");
    file.sync();
    EXPECT_THROW(file.append("no newline"), std::invalid_argument);
  }
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
  write_file(path, std::string(10000, 'x'));
  { const AppendFile file(path); }
  EXPECT_EQ(read_file(path), "") << "a file that is one partial line";
}

TEST_F(Files, AppendFileOnAFullDiskKeepsWholeLines) {
  const fs::path path = folder_ / "journal";
  AppendFile file(path);
  file.append(std::string(999, 'a') + "\n");
  {
    const FullDisk full(4096);
    EXPECT_THROW(file.append(std::string(8000, 'b') + "\n"), FileError);
  }
  EXPECT_EQ(read_file(path).size(), 1000u);
}

TEST_F(Files, AtomicFolderAppearsWholeOrNotAtAll) {
  const fs::path target = folder_ / "models/new";
  {
    const AtomicFolder folder(target);
    write_file(folder.path() / "a", "1");
  }
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(entries(folder_ / "models"), 0u);
  {
    AtomicFolder folder(target.string() + "/");
    write_file(folder.path() / "sub/a", "1");
    folder.commit();
  }
  EXPECT_EQ(read_file(target / "sub/a"), "1");
  EXPECT_THROW(AtomicFolder{target}, FileError) << "nothing is overwritten";
  EXPECT_EQ(read_file(target / "sub/a"), "1");
}

}  // namespace
}  // namespace core
