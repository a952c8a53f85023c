#include "harness/core/errors.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Errors, NameTheirPlace) {
  EXPECT_STREQ(ConfigError("a.yaml", 7, "data.split", "is missing").what(), "a.yaml:7: data.split: is missing");
  EXPECT_STREQ(ConfigError("a.yaml", 0, "", "is empty").what(), "a.yaml: is empty");
  EXPECT_STREQ(FileError::at_line("x.jsonl", 3, "not UTF-8").what(), "x.jsonl: line 3: not UTF-8");
  EXPECT_STREQ(FileError::at_byte("x.bin", 12, "cut off").what(), "x.bin: byte 12: cut off");
}

TEST(Errors, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known{"tasks", "backbones", "seeds"};
  EXPECT_EQ(did_you_mean("task", known), " (did you mean 'tasks'?)");
  EXPECT_EQ(did_you_mean("bakcbones", known), " (did you mean 'backbones'?)");
  EXPECT_EQ(did_you_mean("xyz", known), "");
  EXPECT_EQ(did_you_mean("q", {"w"}), "") << "another letter is no misspelling";
  EXPECT_EQ(did_you_mean("seed", {}), "");
}

}  // namespace
}  // namespace core
