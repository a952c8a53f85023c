// Which files hold a split, on listings as repositories of the Hub and publishers' archives have them.
#include "tasks/hub_files.h"

#include <gtest/gtest.h>

#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using Paths = std::vector<std::string>;

TaskSpec spec_of(const std::string& config, std::map<std::string, Paths> files = {}) {
  TaskSpec spec;
  spec.data.kind = DataKind::kHub;
  spec.data.id = "o/d";
  spec.data.config = config;
  spec.data.files = std::move(files);
  return spec;
}

const Paths kOneConfig = {"README.md",
                          ".gitattributes",
                          "data/test-00000-of-00001.parquet",
                          "data/train-00000-of-00002-0a1b2c3d4e5f6789.parquet",
                          "data/train-00001-of-00002-0a1b2c3d4e5f6789.parquet",
                          "data/validation-00000-of-00001.parquet"};
const Paths kConfigs = {"README.md",
                        "super_glue.py",
                        "cb/train-00000-of-00001.parquet",
                        "cb/validation-00000-of-00001.parquet",
                        "rte/test-00000-of-00001.parquet",
                        "rte/train-00000-of-00001.parquet",
                        "rte/validation-00000-of-00001.parquet",
                        "wsc.fixed/validation-00000-of-00001.parquet",
                        "wsc/validation-00000-of-00001.parquet"};
const Paths kConverted = {"default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"};
const Paths kAnli = {"plain_text/dev_r1-00000-of-00001.parquet", "plain_text/dev_r2-00000-of-00001.parquet",
                     "plain_text/test_r1-00000-of-00001.parquet", "plain_text/train_r1-00000-of-00001.parquet"};
const Paths kArchive = {"RTE/train.jsonl", "RTE/val.jsonl", "RTE/test.jsonl", "CB/val.jsonl"};

TEST(HubFiles, ByTheRulesOfNames) {
  const struct {
    const char* what;
    const Paths& listing;
    const char *config, *split;
    Paths files;
  } cases[] = {
      {"shards under data/",
       kOneConfig,
       "",
       "train",
       {"data/train-00000-of-00002-0a1b2c3d4e5f6789.parquet", "data/train-00001-of-00002-0a1b2c3d4e5f6789.parquet"}},
      {"a configuration that has no folder",
       kOneConfig,
       "plain_text",
       "validation",
       {"data/validation-00000-of-00001.parquet"}},
      {"a folder a configuration", kConfigs, "rte", "validation", {"rte/validation-00000-of-00001.parquet"}},
      {"a configuration with a dot",
       kConfigs,
       "wsc.fixed",
       "validation",
       {"wsc.fixed/validation-00000-of-00001.parquet"}},
      {"another configuration's files are none", kConfigs, "copa", "validation", {}},
      {"the converted branch",
       kConverted,
       "default",
       "train",
       {"default/train/0000.parquet", "default/train/0001.parquet"}},
      {"its only configuration", kConverted, "", "test", {"default/test/0000.parquet"}},
      {"a split that is not there", kConverted, "", "validation", {}},
      {"a split by its own name", kAnli, "plain_text", "dev_r1", {"plain_text/dev_r1-00000-of-00001.parquet"}},
      {"an archive's folder", kArchive, "RTE", "validation", {"RTE/val.jsonl"}},
  };
  for (const auto& c : cases) EXPECT_EQ(files_of_split(c.listing, spec_of(c.config), c.split), c.files) << c.what;
}

TEST(HubFiles, WordsForASplit) {
  const struct {
    const char *file, *split;
    bool is_it;
  } cases[] = {
      {"training.csv", "train", true},       {"valid.jsonl", "validation", true}, {"dev.tsv", "validation", true},
      {"rte_val.jsonl", "validation", true}, {"val2016.csv", "validation", true}, {"testing.json", "test", true},
      {"eval.jsonl", "test", true},          {"evaluation.jsonl", "test", true},  {"devil.jsonl", "validation", false},
      {"contest.jsonl", "test", false},      {"retrain.jsonl", "train", false},   {"train.txt", "train", false},
      {"train.parquet.crc", "train", false}, {"x.jsonl.gz", "train", false},      {"train.jsonl.zst", "train", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(!files_of_split({c.file}, spec_of(""), c.split).empty(), c.is_it) << c.file << " " << c.split;
}

TEST(HubFiles, PrefersParquetPlainFilesAndExactNames) {
  EXPECT_EQ(files_of_split({"train.csv", "train.jsonl", "train.parquet"}, spec_of(""), "train"),
            Paths{"train.parquet"});
  EXPECT_EQ(files_of_split({"train.csv", "train.jsonl.zst", "train.jsonl"}, spec_of(""), "train"),
            Paths{"train.jsonl"});
  EXPECT_EQ(files_of_split({"train.jsonl.gz", "train.jsonl.zst"}, spec_of(""), "train").size(), 1u) << "the same rows";
  EXPECT_EQ(files_of_split({"dev.jsonl", "validation.jsonl"}, spec_of(""), "validation"), Paths{"validation.jsonl"});
  EXPECT_EQ(files_of_split({"old_train.jsonl", "train.jsonl"}, spec_of(""), "train"), Paths{"train.jsonl"});
}

TEST(HubFiles, RefusesFilesOfTwoNames) {
  const std::string error = error_of([] {
    files_of_split({"validation.a.jsonl", "validation.b.jsonl"}, spec_of(""), "validation");
  });
  EXPECT_EQ(error,
            "validation.a.jsonl: and validation.b.jsonl could both be the split 'validation': say which by "
            "`data.files` of the task, or map the task to one file by --sources");
}

TEST(HubFiles, LeavesWhatTheHubDidNotFinish) {
  EXPECT_EQ(files_of_split({"default/partial-train/0000.parquet"}, spec_of(""), "train"), Paths{});
}

TEST(HubFiles, PatternsOfTheTaskGoFirst) {
  const Paths listing = {"R1/dev.jsonl", "R2/dev.jsonl", "deep/er/x.csv", "deep/er/y.csv.gz"};
  const auto files = [&](const Paths& patterns) {
    return files_of_split(listing, spec_of("", {{"dev_r1", patterns}}), "dev_r1");
  };
  EXPECT_EQ(files({"R1/dev.jsonl"}), Paths{"R1/dev.jsonl"});
  EXPECT_EQ(files({"R?/dev.jsonl"}).size(), 2u);
  EXPECT_EQ(files({"**/*.csv"}), (Paths{"deep/er/x.csv", "deep/er/y.csv.gz"}));
  EXPECT_EQ(files({"*.csv"}), Paths{}) << "a star stays in its folder";
  EXPECT_EQ(files_of_split({"dev_r1.jsonl"}, spec_of("", {{"dev_r1", {"R1/dev.jsonl"}}}), "dev_r1"),
            Paths{"dev_r1.jsonl"})
      << "where no pattern matches, by name";
}

TEST(HubFiles, KnowsWhetherAShardIsMissing) {
  EXPECT_TRUE(has_all_shards({"a-00000-of-00002.parquet", "a-00001-of-00002.parquet"}));
  EXPECT_FALSE(has_all_shards({"a-00001-of-00002.parquet"}));
  EXPECT_TRUE(has_all_shards({"default/train/0000.parquet"}));
}

TEST(HubFiles, RequestsAreTriedInOrder) {
  TaskSpec spec = spec_of("");
  ASSERT_EQ(hub_requests(spec).size(), 2u);
  EXPECT_EQ(hub_requests(spec)[0].revision, "main");
  EXPECT_EQ(hub_requests(spec)[1].revision, kConvertedBranch);
  spec.data.revision = "abc";
  ASSERT_EQ(hub_requests(spec).size(), 1u) << "a pinned revision has no other";
  EXPECT_EQ(hub_requests(spec)[0].revision, "abc");
  spec.data.kind = DataKind::kLocal;
  EXPECT_TRUE(hub_requests(spec).empty());
}

}  // namespace
}  // namespace tasks
