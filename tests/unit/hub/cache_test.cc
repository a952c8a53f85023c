#include "harness/hub/cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "tests/unit/hub/temporary_folder.h"

namespace hub {
namespace {

namespace fs = std::filesystem;
using BlobAge = RepositoryCache::BlobAge;

const std::string kCommit(40, 'c'), kNext(40, 'd');

class Cache : public ::testing::Test {
 protected:
  Cache() { settings_.cache = folder_.path(); }
  RepositoryCache cache(const std::string& revision = "main") {
    return {settings_, {.kind = RepositoryKind::kDataset, .id = "org/set", .revision = revision}};
  }
  TemporaryFolder folder_;
  Settings settings_;
};

TEST(Repository, IdsAndPaths) {
  for (const char* good : {"gpt2", "google/flan-t5-base", "a.b/c_d-e"}) EXPECT_NO_THROW(check({.id = good})) << good;
  for (const char* bad : {"", "a/b/c", "../x", "a/..", "a--b/c", "-a/b", "a/b.", "a b/c", "a/b\n", "/a", "a/"})
    EXPECT_THROW(check({.id = bad}), core::ConfigError) << bad;
  EXPECT_NO_THROW(check({.id = "a/b", .revision = "refs/convert/parquet"}));
  for (const char* bad : {"", "../x", "refs/../../x", "/etc", "a//b", "a\nb"})
    EXPECT_THROW(check({.id = "a/b", .revision = bad}), core::ConfigError) << bad;
  for (const char* bad : {"", "/x", "../x", "a/../../x", "a//x", "a/.", "a\\x", "a\nx"})
    EXPECT_THROW(check_path(bad), core::ConfigError) << bad;
  EXPECT_TRUE(is_commit(kCommit));
  EXPECT_FALSE(is_commit(std::string(40, 'C')));
  EXPECT_FALSE(is_commit("cccc"));
}

TEST_F(Cache, RefNamesACommit) {
  EXPECT_EQ(cache().commit(), std::nullopt);
  cache().set_commit(kCommit);
  EXPECT_EQ(core::read_file(folder_.path() / "datasets--org--set/refs/main"), kCommit);
  EXPECT_EQ(cache().commit(), kCommit);
  cache("refs/convert/parquet").set_commit(kNext);
  EXPECT_EQ(core::read_file(folder_.path() / "datasets--org--set/refs/refs/convert/parquet"), kNext);
  EXPECT_EQ(cache(kNext).commit(), kNext);  // a commit names itself
  core::write_file(folder_.path() / "datasets--org--set/refs/main", "../../../etc");
  EXPECT_EQ(cache().commit(), std::nullopt);
}

TEST_F(Cache, LinksAreRelativeAndReplaced) {
  RepositoryCache repository = cache();
  core::write_file(repository.blob("e1"), "one");
  core::write_file(repository.blob("e2"), "two");
  EXPECT_EQ(repository.find(kCommit, "a/b/f"), std::nullopt);
  const fs::path file = repository.link(kCommit, "a/b/f", "e1", BlobAge::kFresh);
  EXPECT_EQ(fs::read_symlink(file), "../../../../blobs/e1");
  EXPECT_EQ(repository.find(kCommit, "a/b/f"), file);
  EXPECT_EQ(repository.link(kCommit, "a/b/f", "e1", BlobAge::kOld), file);
  repository.link(kCommit, "a/b/f", "e2", BlobAge::kOld);
  EXPECT_EQ(core::read_file(file), "two");
  fs::remove(repository.blob("e2"));
  EXPECT_EQ(repository.find(kCommit, "a/b/f"), std::nullopt);  // a link to nothing is no file
  repository.link(kCommit, "a/b/f", "e1", BlobAge::kOld);
  EXPECT_EQ(core::read_file(file), "one");
  EXPECT_THROW(repository.link(kCommit, "../f", "e1", BlobAge::kOld), core::ConfigError);
}

TEST_F(Cache, FilesInPlaceOfLinks) {
  settings_.symlinks = false;
  RepositoryCache repository = cache();
  core::write_file(repository.blob("e1"), "one");
  const fs::path copy = repository.link(kCommit, "f", "e1", BlobAge::kOld);
  EXPECT_FALSE(fs::is_symlink(copy));
  EXPECT_EQ(core::read_file(copy), "one");
  EXPECT_TRUE(fs::exists(repository.blob("e1")));
  const fs::path moved = repository.link(kNext, "f", "e1", BlobAge::kFresh);
  EXPECT_EQ(core::read_file(moved), "one");
  EXPECT_FALSE(fs::exists(repository.blob("e1")));
}

TEST_F(Cache, ListingOfACommit) {
  RepositoryCache repository = cache();
  EXPECT_FALSE(repository.tree(kCommit));
  repository.set_tree(kCommit, {{.path = "a", .size = 3, .blob = "b"},
                                {.path = "w", .size = 5, .blob = "p", .sha256 = "s", .xet = "x"}});
  const auto files = repository.tree(kCommit);
  ASSERT_TRUE(files && files->size() == 2);
  EXPECT_EQ((*files)[1].path, "w");
  EXPECT_EQ((*files)[1].sha256, "s");
  EXPECT_EQ((*files)[1].xet, "x");
  EXPECT_EQ((*files)[0].size, 3);
  for (const char* broken : {"", "{", "[]", "{\"format_version\": 2, \"files\": {}}", "{\"format_version\": 1}",
                             "{\"format_version\": 1, \"files\": {\"../x\": {\"size\": 1, \"blob_id\": \"b\"}}}",
                             "{\"format_version\": 1, \"files\": {\"x\": {\"size\": \"1\", \"blob_id\": \"b\"}}}"}) {
    core::write_file(repository.folder() / "trees" / (kCommit + ".json"), broken);
    EXPECT_FALSE(repository.tree(kCommit)) << broken;
  }
}

TEST_F(Cache, AbsentFiles) {
  RepositoryCache repository = cache();
  EXPECT_FALSE(repository.is_absent(kCommit, "a/f"));
  repository.set_absent(kCommit, "a/f");
  EXPECT_TRUE(repository.is_absent(kCommit, "a/f"));
  EXPECT_TRUE(fs::is_regular_file(repository.folder() / ".no_exist" / kCommit / "a/f"));
  EXPECT_FALSE(repository.is_absent(kNext, "a/f"));
}

TEST_F(Cache, LockIsHeldByOne) {
  const fs::path file = folder_.path() / ".locks/x.lock";
  std::atomic<bool> waited = false, second = false;
  std::thread other;
  {
    const CacheLock first(file, [] { FAIL(); });
    other = std::thread([&] {
      const CacheLock lock(file, [&] { waited = true; });
      second = true;
    });
    while (!waited) std::this_thread::yield();
    EXPECT_FALSE(second);
  }
  other.join();
  EXPECT_TRUE(second);
}

}  // namespace
}  // namespace hub
