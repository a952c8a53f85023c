#include "harness/hub/content_hash.h"

#include <gtest/gtest.h>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "tests/unit/hub/temporary_folder.h"

namespace hub {
namespace {

TEST(ContentHash, KindOfAnEtag) {
  EXPECT_EQ(etag_kind(std::string(64, 'a')), EtagKind::kSha256);
  EXPECT_EQ(etag_kind(std::string(40, '0')), EtagKind::kGitBlob);
  EXPECT_EQ(etag_kind(std::string(40, 'A')), EtagKind::kOther);
  EXPECT_EQ(etag_kind("abc-1"), EtagKind::kOther);
}

TEST(ContentHash, OfKnownContents) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "f";
  core::write_file(file, "hello\n");  // git hash-object, sha256sum
  EXPECT_EQ(content_hash(file, EtagKind::kGitBlob), "ce013625030ba8dba906f756967f9e9ca394464a");
  EXPECT_EQ(content_hash(file, EtagKind::kSha256), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
  EXPECT_EQ(content_hash(file, EtagKind::kOther), "");
  core::write_file(file, "");
  EXPECT_EQ(content_hash(file, EtagKind::kGitBlob), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_THROW(content_hash(folder.path() / "none", EtagKind::kGitBlob), core::FileError);
}

}  // namespace
}  // namespace hub
