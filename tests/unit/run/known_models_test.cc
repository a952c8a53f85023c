#include "harness/run/known_models.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

class KnownModelsTest : public ::testing::Test {
 protected:
  KnownModels known() { return KnownModels(folder_.path() / "known.json"); }
  std::filesystem::path file(const std::string& name) { return folder_.path() / name; }

  /// A note that the file has that hash, in the state in which it is. A test cannot wait until a file is old enough to
  /// be remembered, nor set the time of its last change, but a file of the system is old.
  void forge(const std::filesystem::path& path, const std::string& hash) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    char state[128];
    std::snprintf(state, sizeof state, "%ld %lu %ld.%09ld %ld.%09ld", long{status.st_size},
                  static_cast<unsigned long>(status.st_ino), long{status.st_mtim.tv_sec}, long{status.st_mtim.tv_nsec},
                  long{status.st_ctim.tv_sec}, long{status.st_ctim.tv_nsec});
    const core::Json::Object entry{{"state", state}, {"sha256", hash}};
    core::Json::Object files{{std::filesystem::canonical(path).string(), entry}};
    write_text(file("known.json"),
               core::write_json(core::Json::Object{{"files", std::move(files)}, {"opened", core::Json::Array{"m"}}}));
  }
  TemporaryFolder folder_;
};

const std::filesystem::path kOldFile = "/etc/passwd";

TEST_F(KnownModelsTest, AFileThatDidNotChangeIsNotReadAgain) {
  {
    KnownModels first = known();
    EXPECT_EQ(first.sha256(kOldFile), core::sha256_file(kOldFile));
    first.save();
  }
  EXPECT_NE(core::read_file(file("known.json")).find(core::sha256_file(kOldFile)), std::string::npos);
  forge(kOldFile, "noted");
  EXPECT_EQ(known().sha256(kOldFile), "noted");
  EXPECT_TRUE(known().has_opened("m"));
}

TEST_F(KnownModelsTest, AFileThatChangedJustNowIsRead) {
  write_text(file("a"), "one");
  forge(file("a"), "noted");
  EXPECT_EQ(known().sha256(file("a")), core::sha256("one"));
  KnownModels again = known();
  again.set_opened("n");
  again.sha256(file("a"));
  again.save();
  EXPECT_TRUE(known().has_opened("n"));
}

TEST_F(KnownModelsTest, WhatCannotBeReadIsFoundOutAgain) {
  for (const char* text : {"", "{", "[]", R"({"files": {}})", R"({"files": {"/etc/passwd": 3}, "opened": []})"}) {
    write_text(file("known.json"), text);
    EXPECT_EQ(known().sha256(kOldFile), core::sha256_file(kOldFile)) << text;
    EXPECT_FALSE(known().has_opened("m"));
  }
  EXPECT_THROW(known().sha256(file("none")), core::FileError);
}

}  // namespace
}  // namespace run
