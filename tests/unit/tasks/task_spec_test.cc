// Task files: every one of the project loads, and what is wrong in one is told by file, line and key.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tasks/library.h"
#include "tasks/load_task.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using TaskFile = TemporaryFolder;

std::filesystem::path source() { return std::getenv("CAPPY_SOURCE"); }

Library library(const std::filesystem::path& home) { return Library::from_folders({home / "tasks"}); }

constexpr const char* kGood = R"(task: t
kind: classification
data: {hub: a/b, config: c, split: validation}
prompt: {promptsource: super_glue/rte, templates: [one, two]}
label: {column: label, names: [x, y], missing: -1}
metric: accuracy
version: 3
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_F(TaskFile, ReadsEveryKey) {
  const TaskSpec spec = read_task(write("t.yaml", kGood));
  EXPECT_EQ(spec.name, "t");
  EXPECT_EQ(spec.kind, Kind::kClassification);
  EXPECT_EQ(spec.data.kind, DataKind::kHub);
  EXPECT_EQ(spec.data.config, "c");
  EXPECT_EQ(spec.data.test_split, "validation");
  EXPECT_EQ(spec.data.train_split, "");
  EXPECT_EQ(spec.prompt.templates, "listed");
  EXPECT_EQ(spec.prompt.template_names, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(spec.label_names, (std::vector<std::vector<std::string>>{{"x"}, {"y"}}));
  EXPECT_EQ(spec.version, 3);
}

TEST_F(TaskFile, RefusesMistakesWithTheirPlace) {
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {"metric:", "metrc:", "t.yaml:6: metrc: unknown key (did you mean 'metric'?)"},
      {"split: validation", "splt: validation", "t.yaml:3: data.splt: unknown key (did you mean 'split'?)"},
      {"kind: classification", "kind: clasification", "t.yaml:2: kind: 'clasification' is none of"},
      {"metric: accuracy", "metric: rouge_l", "t.yaml:6: metric: a classification task is measured by accuracy"},
      {"version: 3", "version: three", "t.yaml:7: version: expected a whole number, found 'three'"},
      {"version: 3", "task: again", "t.yaml:7: task: a second time"},
      {"hub: a/b", "hub: a/b, bigbench: c", "t.yaml:3: data.bigbench: a second source"},
      {"hub: a/b, config: c,", "", "t.yaml:3: data: names no source"},
      {"hub: a/b", "local: a/b", "t.yaml:3: data.config: belongs to hub and authors"},
      {"split: validation", "split: validation, train: validation",
       "t.yaml:3: data.train: is the split that is measured"},
      {"templates: [one, two]", "templates: orginal", "did you mean 'original'?"},
      {"names: [x, y]", "names: [x, x]", "t.yaml:5: label.names: a name twice"},
      {"kind: classification", "kind: generation", "label: a generation task has no label"},
  };
  for (const auto& c : cases) {
    const auto file = write("t.yaml", with(kGood, c.from, c.to));
    const std::string error = error_of([&] { read_task(file); });
    EXPECT_NE(error.find(c.message), std::string::npos) << error;
  }
}

TEST_F(TaskFile, InlineTemplatesSayWhereReferencesComeFrom) {
  const std::string task = "task: g\nkind: generation\ndata: {local: g, split: test}\n";
  const std::string both =
      task + "references: {column: r}\nprompt:\n  templates:\n    - {name: n, instruction: i, target: t}\n";
  EXPECT_NE(error_of([&] { read_task(write("g.yaml", both)); }).find("g.yaml:7: prompt.templates[0]:"),
            std::string::npos);
  const std::string none = task + "prompt:\n  templates:\n    - {name: n, instruction: i}\n";
  EXPECT_NE(error_of([&] { read_task(write("g.yaml", none)); }).find("from one of the two"), std::string::npos);
  const std::string twice = task + "prompt:\n  templates:\n    - {name: n, instruction: i, target: t}\n" +
                            "    - {name: n, instruction: j, target: t}\n";
  EXPECT_NE(error_of([&] { read_task(write("g.yaml", twice)); }).find("a second template"), std::string::npos);
}

TEST_F(TaskFile, TwoTasksOfOneNameAreRefused) {
  write("tasks/a.yaml", kGood);
  write("tasks/b.yaml", kGood);
  EXPECT_NE(error_of([&] { library(folder_); }).find("b.yaml:1: task: 't' is the name of"), std::string::npos);
}

TEST_F(TaskFile, SelectsByNameAndGroupWithoutRepeats) {
  write("tasks/a.yaml", "group: [g, h]\n" + with(kGood, "task: t", "task: a"));
  write("tasks/b.yaml", "group: g\n" + with(kGood, "task: t", "task: b"));
  const auto names = [&](const std::vector<std::string>& wanted) {
    std::string joined;
    for (const TaskSpec& spec : library(folder_).select(wanted)) joined += spec.name;
    return joined;
  };
  EXPECT_EQ(names({"b", "g"}), "ba");
  EXPECT_EQ(names({"h"}), "a");
  EXPECT_EQ(error_of([&] { names({"gg"}); }), "no task or group 'gg' (did you mean 'g'?)");
}

TEST_F(TaskFile, SourcesMapNamesToPlacesBesideTheirFile) {
  write("data/rows.jsonl", "");
  const Sources sources = Sources::from_file(write("sources.yaml", "rte: data/rows.jsonl\nbigbench: data\n"));
  EXPECT_EQ(sources.find("rte", "aps/super_glue"), folder_ / "data/rows.jsonl");
  EXPECT_EQ(sources.find("codenames", "bigbench"), folder_ / "data");
  EXPECT_TRUE(sources.find("cb", "aps/super_glue").empty());
  const auto bad = write("bad.yaml", "rte: data/rows.jsonl\ncb: nowhere\n");
  EXPECT_NE(error_of([&] { Sources::from_file(bad); }).find("bad.yaml:2: cb: there is no"), std::string::npos);
}

TEST_F(TaskFile, SourcesNameNothingButTasksAndTheirData) {
  write("tasks/t.yaml", kGood);  // hub a/b, configuration c
  write("tasks/here.yaml",
        "task: here\nkind: generation\ndata: {local: here, split: test}\n"
        "prompt: {templates: [{name: n, instruction: '{{q}}', target: '{{a}}'}]}\n");
  write("rows.jsonl", "");
  const auto check = [&](const std::string& yaml) {
    return error_of([&] { check_sources(Sources::from_file(write("sources.yaml", yaml)), library(folder_)); });
  };
  EXPECT_EQ(check("t: rows.jsonl\na/b: .\na/b/c: .\nbigbench: .\n"), "no error");
  const std::string file = (folder_ / "sources.yaml").string();
  EXPECT_EQ(check("t: .\nbigbenc: .\n"),
            file + ":2: bigbenc: no task or data set has this name (did you mean 'bigbench'?)");
  EXPECT_EQ(check("a/b/d: .\n"), file + ":1: a/b/d: no task or data set has this name (did you mean 'a/b/c'?)");
  EXPECT_EQ(check("here: .\n"), file + ":1: here: the rows of this task stand beside it");
}

TEST(TaskFiles, OfTheProjectAllLoad) {
  const Library all = library(source());
  const auto& specs = all.tasks();
  EXPECT_GE(specs.size(), 51u);
  Places places;
  for (const TaskSpec& spec : specs) {
    SCOPED_TRACE(spec.name);
    if (spec.prompt.promptsource.empty()) {
      EXPECT_NO_THROW(templates_of(spec, places));
    }
    EXPECT_EQ(spec.file.stem(), spec.name);
    EXPECT_FALSE(spec.groups.empty());
  }
  EXPECT_EQ(library(source()).select({"bigbench-generation"}).size(), 45u);
  EXPECT_EQ(library(source()).select({"miniature"}).size(), 5u);
}

TEST(TaskFiles, MiniatureTasksHaveTheirRows) {
  for (const TaskSpec& spec : library(source()).select({"miniature"})) {
    SCOPED_TRACE(spec.name);
    const LoadedTask test = load_task(spec, Split::kTest, {}), train = load_task(spec, Split::kTrain, {});
    EXPECT_EQ(test.summary.rows, 24);
    EXPECT_EQ(train.summary.rows, 40);
    EXPECT_EQ(test.summary.skipped + test.summary.unlabelled + train.summary.skipped + train.summary.unlabelled, 0);
    EXPECT_NE(test.summary.fingerprint, train.summary.fingerprint);
  }
}

}  // namespace
}  // namespace tasks
