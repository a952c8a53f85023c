// Reports against text files: each folder of cases/ holds what a run wrote and the report.md and report.csv that must
// come of it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "reports/circumstances.h"
#include "reports/csv.h"
#include "reports/markdown.h"
#include "reports/report.h"
#include "reports/run_tables.h"

namespace reports {
namespace {

std::filesystem::path cases() {
  return std::filesystem::path(std::getenv("CAPPY_SOURCE")) / "tests/unit/reports/cases";
}

TEST(Report, EqualsTheTextFiles) {
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(cases())) {
    const RunSummary summary = read_run(entry.path());
    EXPECT_EQ(report_markdown(summary), core::read_file(entry.path() / "report.md")) << entry.path();
    EXPECT_EQ(report_csv(summary), core::read_file(entry.path() / "report.csv")) << entry.path();
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Report, WhatARunWritesReadsBackAsItself) {
  const RunSummary summary = read_run(cases() / "random");
  EXPECT_EQ(results_jsonl(summary), core::read_file(cases() / "random/results.jsonl"));
  EXPECT_EQ(counters_jsonl(summary), core::read_file(cases() / "random/counters.jsonl"));
  EXPECT_EQ(templates_jsonl(summary), core::read_file(cases() / "random/templates.jsonl"));
  EXPECT_EQ(data_jsonl(summary), core::read_file(cases() / "random/data.jsonl"));
  EXPECT_EQ(core::parse_json(summary_json(summary)), core::read_json_file(cases() / "random/summary.json"));
}

TEST(Report, TheFirstLineSaysThatWeightsAreRandom) {
  EXPECT_TRUE(report_markdown(read_run(cases() / "random"))
                  .starts_with("Weights are random: these numbers say nothing about any model."));
  EXPECT_TRUE(report_markdown(read_run(cases() / "plain")).starts_with("# "));
}

TEST(Report, ABrokenRowIsNamedByFileAndLine) {
  std::string name = (std::filesystem::temp_directory_path() / "cappy-reports-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const std::filesystem::path folder = name;
  for (const char* file : {"summary.json", "counters.jsonl", "templates.jsonl", "data.jsonl"})
    std::filesystem::copy(cases() / "random" / file, folder / file);
  std::ofstream(folder / "results.jsonl") << core::read_file(cases() / "random/results.jsonl") << "{\"task\":3}\n";
  try {
    read_run(folder);
    FAIL() << "accepted";
  } catch (const core::FileError& error) {
    EXPECT_NE(std::string(error.what()).find("results.jsonl"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("7"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("task"), std::string::npos) << error.what();
  }
  std::filesystem::remove_all(folder);
}

TEST(Report, TasksOfALargerSetWeighMoreInAMicroMean) {
  RunSummary summary = read_run(cases() / "plain");
  EXPECT_EQ(score_tables(summary)[0].rows[2][1], "58.33");  // (2 x 50 + 75) / 3
  EXPECT_EQ(score_tables(summary)[0].rows[2][2], "n/a");
  summary.averages.tasks = metrics::Mean::kMacro;
  EXPECT_EQ(score_tables(summary)[0].rows[2][1], "62.50");
}

TEST(Report, AMarkIsShownOnlyWhereAModelOfTheTableHasSeenTheSet) {
  const auto tables = score_tables(read_run(cases() / "random"));
  EXPECT_EQ(tables[0].rows[0][0], "word_sorting");
  EXPECT_EQ(tables[0].rows[1][0], "operators \u2021");  // unproven; the model that has seen it is not of this table
  EXPECT_EQ(tables[0].rows[2][0], "mean of 2 tasks \u2021");
  EXPECT_EQ(tables[1].rows[0][0], "rte \u2020");
  EXPECT_EQ(tables[1].notes[0], "\u2020 In the training data of cappy-mini (family t0): rte.");
  EXPECT_EQ(tables[1].notes[1], "\u2020 In the training data of t5-mini (family flan): rte.");
}

TEST(Report, TheDataTableIsCsvToo) {
  const std::string csv = data_csv(read_run(cases() / "random"));
  EXPECT_NE(csv.find("rte,aps/super_glue rte,sources,validation,278,10,2770,5,3,1,0,4,\"278 rows, 277 are pinned\"\n"),
            std::string::npos)
      << csv;
}

TEST(Report, ACellFilledTwiceIsAnError) {
  RunSummary summary = read_run(cases() / "plain");
  summary.rows.push_back(summary.rows.at(0));
  EXPECT_THROW(score_tables(summary), std::runtime_error);
  EXPECT_THROW(report_csv(summary), std::runtime_error);
}

TEST(Markdown, EscapesAndPads) {
  EXPECT_EQ(escape_markdown("a|b\n*c* `d` <e> [f] \\ word_sorting"),
            "a\\|b \\*c\\* \\`d\\` \\<e> \\[f\\] \\\\ word_sorting");
  const Table table{"T", {"é", "n"}, {{"a", "100"}}, {"Note."}};
  EXPECT_EQ(to_markdown(table), "## T\n\n| é |   n |\n|:--|----:|\n| a | 100 |\n\nNote.\n");
}

TEST(Csv, QuotesWhatMustBeQuoted) {
  const Table table{"", {"a", "b"}, {{"1,5", "say \"x\""}, {"two\nlines", ""}}, {}};
  EXPECT_EQ(to_csv(table), "a,b\n\"1,5\",\"say \"\"x\"\"\"\n\"two\nlines\",\n");
}

TEST(Table, ARowOfAnotherLengthIsRefused) {
  Table table{"", {"a", "b"}, {}, {}};
  EXPECT_THROW(add_row(table, {"1"}), std::invalid_argument);
}

TEST(Circumstances, AreSummedByStageTaskAndModel) {
  const auto line = [](const char* task, double seconds, std::int64_t memory) {
    return core::Json(core::Json::Object{{"stage", "generate"},
                                         {"task", task},
                                         {"model", "t5"},
                                         {"begin", 0},
                                         {"instances", 4},
                                         {"tokens", 100},
                                         {"peak_memory", memory},
                                         {"seconds", seconds}});
  };
  const Table table = circumstances_table({line("a", 1.5, 2 << 20), line("b", 1, 1 << 20), line("a", 0.5, 7 << 20)});
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"generate", "a", "t5", "8", "2.00", "200", "100", "7"}));
  EXPECT_EQ(table.rows[2], (std::vector<std::string>{"total", "", "", "12", "3.00", "300", "100", "7"}));
  EXPECT_THROW(circumstances_table({core::Json(core::Json::Object{})}), std::runtime_error);
}

}  // namespace
}  // namespace reports
