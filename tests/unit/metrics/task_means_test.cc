#include "harness/metrics/task_means.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace metrics {
namespace {

const MethodValues kHalf{{"beam4", 0.5}, {"self-score-sum", std::nullopt}};
const MethodValues kOne{{"beam4", 1.0}, {"self-score-sum", std::nullopt}};

TEST(TaskMeans, OverInstancesThenOverTasks) {
  TaskMeans means;
  means.add({"a", "f", "f: line 1"}, "s", kOne);
  means.add({"a", "f", "f: line 2"}, "s", kHalf);
  means.add({"b", "g", "g: line 1"}, "s", kHalf);
  const auto rows = means.rows();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].task, "a");
  EXPECT_EQ(rows[0].value, 0.75);
  EXPECT_EQ(rows[0].n, 2);
  EXPECT_EQ(rows[1].value, std::nullopt);
  EXPECT_EQ(rows[2].value, 0.5);
  const auto macro = macro_rows(rows);
  ASSERT_EQ(macro.size(), 2u);
  EXPECT_EQ(macro[0].task, kMacro);
  EXPECT_EQ(macro[0].value, 0.625) << "unweighted over tasks, not over lines";
  EXPECT_EQ(macro[0].n, 3);
  EXPECT_EQ(macro[1].value, std::nullopt);
}

TEST(TaskMeans, NoMeanOverFewerTasks) {
  core::ResultRow known, unknown;
  known.method = unknown.method = "m";
  known.value = 1;
  EXPECT_EQ(macro_rows({known, unknown, known})[0].value, std::nullopt);
  EXPECT_EQ(macro_rows({unknown, known})[0].value, std::nullopt);
  EXPECT_TRUE(macro_rows({}).empty());
  core::ResultRow other = known;
  other.method = "n";
  EXPECT_THROW(macro_rows({known, other, known}), std::invalid_argument);
}

std::string error_of(TaskMeans& means, const TaskMeans::Source& source, const std::string& shape,
                     const MethodValues& methods) {
  try {
    means.add(source, shape, methods);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TaskMeans, RefusesWhatHasNoCommonMean) {
  TaskMeans means;
  means.add({"a", "f", "f: line 1"}, "flan_samples: beam4 x 1", kOne);
  EXPECT_EQ(error_of(means, {"a", "f", ""}, "flan_samples: beam4 x 2", kOne),
            "(flan_samples: beam4 x 2) where f: line 1 has (flan_samples: beam4 x 1)");
  EXPECT_EQ(error_of(means, {"a", "f", ""}, "flan_samples: beam4 x 1", {{"beam4", 1.0}, {"self-score-sum", 0.5}}),
            "self-score-sum has a value, other than at f: line 1");
  const std::string again = error_of(means, {"a", "g", ""}, "flan_samples: beam4 x 1", kOne);
  EXPECT_TRUE(again.starts_with("task 'a' again, which begins at f: line 1")) << again;
  means.add({"b", "f", "f: line 2"}, "flan_samples: beam4 x 1", kOne);
  const std::string apart = error_of(means, {"a", "f", ""}, "flan_samples: beam4 x 1", kOne);
  EXPECT_TRUE(apart.starts_with("task 'a' again, which begins at f: line 1")) << apart;
}

}  // namespace
}  // namespace metrics
