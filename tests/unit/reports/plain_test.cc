#include "reports/plain.h"

#include <gtest/gtest.h>

namespace reports {
namespace {

TEST(Plain, AlignsNumbersRightAndTextLeftByCodePoints) {
  const Table table{"left out", {"task", "rows", "where"}, {{"naïve", "1,000", "hub"}, {"rte", "7", ""}}, {"left out"}};
  EXPECT_EQ(to_plain(table),
            "task    rows  where\n"
            "-----  -----  -----\n"
            "naïve  1,000  hub\n"
            "rte        7\n");
}

TEST(Plain, OneTextMakesAColumnText) {
  const Table table{"", {"a", "b"}, {{"x", "1"}, {"y", "one"}}, {}};
  EXPECT_EQ(to_plain(table), "a  b\n-  ---\nx  1\ny  one\n");
}

}  // namespace
}  // namespace reports
