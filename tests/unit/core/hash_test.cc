#include "harness/core/hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/core/errors.h"
#include "harness/core/files.h"

namespace core {
namespace {

// FIPS 180-4's examples.
constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kMillion = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(sha256(""), kEmpty);
  EXPECT_EQ(sha256("abc"), kAbc);
  EXPECT_EQ(sha256(std::string(1000000, 'a')), kMillion);
  EXPECT_EQ(hash64("abc"), 0xba7816bf8f01cfeaull);
}

TEST(Hash, StreamAndFileEqualTheWhole) {
  Hasher hasher;
  for (int i = 0; i < 1000; ++i) hasher.add(std::string(1000, 'a'));
  EXPECT_EQ(hasher.hex(), kMillion);
  const std::string path = ::testing::TempDir() + "cappy-hash-" + std::to_string(::getpid());
  write_file(path, std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(path), kMillion);
  std::filesystem::remove(path);
  EXPECT_THROW(sha256_file(path), FileError);
}

}  // namespace
}  // namespace core
