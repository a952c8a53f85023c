// Where a split is looked for, in which order, and what is said where it is nowhere.
#include "tasks/places.h"

#include <algorithm>

#include "tasks/hub_files.h"
#include "tasks/load_task.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using Paths = std::vector<std::string>;

/// A Hub that keeps count.
class FakeHub : public DatasetHub {
 public:
  Paths list(const std::string& id, const std::string& revision) override {
    listed.push_back(id + "@" + revision);
    if (!error.empty()) throw std::runtime_error(error);
    return listings[revision];
  }
  std::filesystem::path fetch(const std::string&, const std::string& revision, const std::string& path) override {
    fetched.push_back(revision + ":" + path);
    return "/cache/" + path;
  }
  Paths cached(const std::string&, const std::string& revision) override { return snapshots[revision]; }

  std::map<std::string, Paths> listings, snapshots;
  Paths listed, fetched;
  std::string error;
};

class PlacesOf : public TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    places.data = folder_ / "data";
    hub = std::make_shared<FakeHub>();
    places.dataset_hub = hub;
    spec =
        read_task(write("t.yaml",
                        "task: t\nkind: classification\ndata: {hub: o/d, config: c, split: validation, train: train}\n"
                        "prompt: {promptsource: super_glue/rte}\n"));
  }
  std::string found(const std::string& split) {
    try {
      const SplitFiles files = find_split(spec, split, places);
      return to_string(files.origin) + " " + files.files.at(0).filename().string();
    } catch (const AbsentData& error) {
      return std::string("absent: ") + error.what();
    }
  }
  TaskSpec spec;
  Places places;
  std::shared_ptr<FakeHub> hub;
};

TEST_F(PlacesOf, SourcesThenDataThenCacheThenHub) {
  hub->listings["main"] = {"c/validation-00000-of-00001.parquet"};
  EXPECT_EQ(found("validation"), "Hub validation-00000-of-00001.parquet");
  EXPECT_EQ(hub->listed.size(), 1u);
  hub->snapshots["main"] = {"c/validation-00000-of-00001.parquet"};
  EXPECT_EQ(found("validation"), "Hub validation-00000-of-00001.parquet");
  EXPECT_EQ(hub->listed.size(), 1u) << "what is cached needs no listing";
  write("data/o/d/c/val.jsonl", "");
  EXPECT_EQ(found("validation"), "data folder val.jsonl");
  write("mine.csv", "");
  places.sources = Sources::from_file(write("sources.yaml", "t: mine.csv\n"));
  EXPECT_EQ(found("validation"), "sources mine.csv");
}

TEST_F(PlacesOf, AMappedPlaceIsNeverPassedOver) {
  write("data/t/train.jsonl", "");
  hub->listings["main"] = {"c/train.parquet"};
  write("mine/validation.jsonl", "");
  places.sources = Sources::from_file(write("sources.yaml", "o/d: mine\n"));
  EXPECT_EQ(found("validation"), "sources validation.jsonl");
  EXPECT_EQ(found("train"),
            "absent: " + (folder_ / "mine").string() + ": mapped by --sources, has no split 'train' of task t");
  EXPECT_EQ(available(spec, "train", places), std::nullopt);
  EXPECT_TRUE(hub->listed.empty());
}

TEST_F(PlacesOf, TheConvertedBranchComesAfterMain) {
  hub->listings["main"] = {"README.md", "d.py"};
  hub->listings[kConvertedBranch] = {"c/validation/0000.parquet", "c/train/0000.parquet"};
  EXPECT_EQ(found("validation"), "Hub 0000.parquet");
  EXPECT_EQ(hub->listed, (Paths{"o/d@main", std::string("o/d@") + kConvertedBranch}));
  EXPECT_EQ(hub->fetched, Paths{std::string(kConvertedBranch) + ":c/validation/0000.parquet"});
}

TEST_F(PlacesOf, APartOfTheShardsInTheCacheIsNotTaken) {
  hub->snapshots["main"] = {"c/train-00000-of-00002.parquet"};
  hub->listings["main"] = {"c/train-00000-of-00002.parquet", "c/train-00001-of-00002.parquet"};
  EXPECT_EQ(available(spec, "train", places), std::nullopt);
  EXPECT_EQ(find_split(spec, "train", places).files.size(), 2u);
  hub->snapshots = hub->listings;
  EXPECT_EQ(available(spec, "train", places), Origin::kHub);
}

TEST_F(PlacesOf, AbsenceSaysWhereAndHow) {
  hub->error = "offline";
  const std::string message = found("validation");
  for (const char* part : {"absent: ", "split 'validation' of task t", "o/d/c", "the Hub: offline", "--sources"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  places.dataset_hub = nullptr;
  EXPECT_NE(found("validation").find("the Hub was not asked; `cappy pull t` fetches it"), std::string::npos);
}

TEST_F(PlacesOf, LocalRowsStandBesideTheFile) {
  const auto task = [&](const std::string& data) {
    return read_task(write("tasks/l.yaml", "task: l\nkind: generation\ndata: " + data +
                                               "\nprompt: {instruction: '{{q}}', target: '{{a}}'}\n"));
  };
  write("tasks/l.test.csv", "q,a\n1,2\n");
  write("tasks/more/train.jsonl", "{\"q\": 1, \"a\": 2}\n");
  write("tasks/part_1.jsonl", "{\"q\": 1, \"a\": 2}\n");
  write("tasks/part_2.jsonl", "{\"q\": 3, \"a\": 4}\n");
  EXPECT_EQ(find_split(task("{local: l, split: test}"), "test", places).files.at(0).filename(), "l.test.csv");
  EXPECT_EQ(find_split(task("{local: more, split: train}"), "train", places).files.at(0).filename(), "train.jsonl");
  EXPECT_EQ(find_split(task("{files: {test: 'part_*.jsonl'}, split: test}"), "test", places).files.size(), 2u);
  EXPECT_EQ(
      load_split(task("{files: {test: 'part_*.jsonl'}, split: test}"), "test", places).instances.at(1).instruction,
      "3");
  EXPECT_NE(error_of([&] {
              find_split(task("{files: {test: none.csv}, split: test}"), "test", places);
            }).find("none.csv (paths are relative to the task's file)"),
            std::string::npos);
  EXPECT_NE(
      error_of([&] { find_split(task("{local: l, split: other}"), "other", places); }).find("l.other.jsonl and no "),
      std::string::npos);
  EXPECT_NE(error_of([&] {
              find_split(task("{files: {test: l.test.csv}, split: test}"), "train", places);
            }).find("l.yaml:3: data.files: names no files of the split 'train'; it has: test"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              find_split(task("{files: {test: ['part_*.jsonl', part_2.jsonl]}, split: test}"), "test", places);
            }).find("part_2.jsonl twice"),
            std::string::npos);
  EXPECT_FALSE(available(task("{files: {test: none.csv}, split: test}"), "test", places));
  write("tasks/l.test.jsonl", "{\"q\": 1, \"a\": 2}\n");
  EXPECT_NE(error_of([&] { find_split(task("{local: l, split: test}"), "test", places); }).find("are both there"),
            std::string::npos);
}

}  // namespace
}  // namespace tasks
