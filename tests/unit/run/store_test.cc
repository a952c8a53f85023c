#include "harness/run/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "harness/core/files.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using core::Json;
using testing::TemporaryFolder;
using testing::write_text;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest()
      : store_(
            folder_.path(), [this](const std::string& line) { said_ += line + "\n"; }, core::ProgressMode::kNone) {}

  /// Squares of the numbers from 0; throws at `die_at`.
  StageWork squares(std::size_t count, std::size_t die_at = 1'000'000, const std::string& provenance = "here") {
    StageWork work;
    work.key = {"squares", Json::Object{{"count", static_cast<std::int64_t>(count)}}};
    work.title = "squares";
    work.count = count;
    work.batch = 3;
    work.provenance = provenance;
    work.compute = [this, die_at](std::size_t begin, std::size_t end) {
      BatchResult result;
      for (std::size_t i = begin; i < end; ++i) {
        if (i >= die_at) throw std::runtime_error("died");
        ++computed_;
        result.lines.push_back(fmt::format("{{\"square\":{}}}", i * i));
      }
      result.tokens = 5;
      return result;
    };
    return work;
  }
  /// The file of the only result with this ending.
  std::filesystem::path file(const std::string& ending) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "squares")) {
      const std::string name = entry.path().filename().string();
      if (name.size() == 64 + ending.size() && name.ends_with(ending)) return entry.path();
    }
    return {};
  }
  TemporaryFolder folder_;
  std::string said_;
  int computed_ = 0;
  Store store_;
};

TEST_F(StoreTest, WhatCameBeforeAFailureInABatchIsKept) {
  StageWork work = squares(8);
  const auto whole = work.compute;
  work.compute = [&](std::size_t begin, std::size_t end) {
    BatchResult result = whole(begin, begin == 3 ? begin + 2 : end);
    if (begin == 3) result.failure = std::make_exception_ptr(std::runtime_error("out of luck"));
    return result;
  };
  EXPECT_THROW(store_.obtain(work), std::runtime_error);
  EXPECT_EQ(computed_, 5);
  EXPECT_EQ(store_.obtain(squares(8)).computed, 3);
  EXPECT_EQ(computed_, 8);
}

TEST_F(StoreTest, WhatIsForgottenIsComputedAgain) {
  EXPECT_THROW(store_.obtain(squares(8, 4)), std::runtime_error);
  store_.forget(squares(8).key);
  EXPECT_EQ(store_.obtain(squares(8)).computed, 8);
  store_.forget(squares(8).key);
  EXPECT_EQ(store_.obtain(squares(8)).computed, 8);
  EXPECT_EQ(store_.obtain(squares(8)).computed, 0);
}

TEST_F(StoreTest, ComputesOnceAndThenReuses) {
  const StageResult first = store_.obtain(squares(10));
  EXPECT_EQ(first.computed, 10);
  ASSERT_EQ(first.values.size(), 10u);
  EXPECT_EQ(first.values[9].at("square").as_integer(), 81);
  EXPECT_EQ(first.timings.size(), 4u);
  const StageResult second = store_.obtain(squares(10));
  EXPECT_EQ(second.computed, 0);
  EXPECT_EQ(computed_, 10);
  EXPECT_EQ(second.values, first.values);
  EXPECT_EQ(second.sha256, first.sha256);
  EXPECT_EQ(second.timings, first.timings);
  EXPECT_NE(said_.find("squares: reused, 10 instances"), std::string::npos) << said_;
  EXPECT_EQ(file(".partial"), std::filesystem::path());
}

TEST_F(StoreTest, AKilledStageGoesOnAndIsEqualByteForByte) {
  store_.obtain(squares(10));
  const std::string whole = core::read_file(file(".jsonl"));
  for (std::size_t die_at = 0; die_at < 10; ++die_at) {
    std::filesystem::remove_all(folder_.path() / "squares");
    EXPECT_THROW(store_.obtain(squares(10, die_at)), std::runtime_error);
    EXPECT_EQ(file(".manifest.json"), std::filesystem::path());
    computed_ = 0;
    const StageResult result = store_.obtain(squares(10));
    EXPECT_EQ(result.computed, 10 - static_cast<std::int64_t>(die_at / 3 * 3));
    EXPECT_EQ(result.timings.size(), 4u);
    EXPECT_EQ(core::read_file(file(".jsonl")), whole);
  }
}

TEST_F(StoreTest, OneStageNeverMixesTwoInstructionSets) {
  EXPECT_THROW(store_.obtain(squares(10, 7, "AVX2")), std::runtime_error);
  EXPECT_EQ(store_.obtain(squares(10, 100, "AVX512")).computed, 10);
}

TEST_F(StoreTest, DamageIsNoticedAndComputedAgain) {
  store_.obtain(squares(10));
  const std::string whole = core::read_file(file(".jsonl")), manifest = core::read_file(file(".manifest.json"));
  const std::vector<std::string> damaged{"", whole.substr(0, whole.size() - 1), whole.substr(0, whole.find('\n') + 1),
                                         whole + "{}\n", "X" + whole.substr(1)};
  for (const std::string& content : damaged) {
    said_.clear();
    write_text(file(".jsonl"), content);
    EXPECT_EQ(store_.obtain(squares(10)).computed, 10);
    EXPECT_EQ(core::read_file(file(".jsonl")), whole);
    EXPECT_NE(said_.find("is damaged"), std::string::npos) << said_;
  }
  for (const std::string& content : {std::string("not JSON"), std::string("{}"), std::string("")}) {
    write_text(file(".manifest.json"), content);
    EXPECT_EQ(store_.obtain(squares(10)).computed, 10);
    EXPECT_EQ(core::read_file(file(".manifest.json")), manifest);
  }
  std::filesystem::remove(file(".jsonl"));
  EXPECT_EQ(store_.obtain(squares(10)).computed, 10);
}

TEST_F(StoreTest, EveryPartOfTheKeyCounts) {
  const StageKey key{"a", Json::Object{{"x", 1}}};
  EXPECT_EQ(key.hash(), (StageKey{"a", Json::Object{{"x", 1}}}.hash()));
  EXPECT_NE(key.hash(), (StageKey{"b", Json::Object{{"x", 1}}}.hash()));
  EXPECT_NE(key.hash(), (StageKey{"a", Json::Object{{"x", 2}}}.hash()));
  EXPECT_NE(key.hash(), (StageKey{"a", Json::Object{{"x", "1"}}}.hash()));
}

TEST_F(StoreTest, TheModelIsOpenedOnlyWhereSomethingIsComputed) {
  int prepared = 0;
  StageWork work = squares(4);
  work.prepare = [&] { ++prepared; };
  const StageResult result = store_.obtain(work);
  EXPECT_EQ(result.timings[0].at("stage").as_string(), "load model");
  store_.obtain(work);
  EXPECT_EQ(prepared, 1);
}

TEST_F(StoreTest, OfTwoProcessesOneComputesAndTheOtherWaits) {
  const auto compute = [&]() -> int {
    StageWork work = squares(6);
    const auto slow = work.compute;
    work.compute = [&](std::size_t begin, std::size_t end) {
      usleep(50'000);
      return slow(begin, end);
    };
    return static_cast<int>(store_.obtain(work).computed);
  };
  const pid_t child = fork();
  if (child == 0) _exit(compute());
  const int mine = compute();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(mine + WEXITSTATUS(status), 6);
  EXPECT_EQ(store_.obtain(squares(6)).computed, 0);
}

}  // namespace
}  // namespace run
