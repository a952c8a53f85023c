#include "harness/cli/evaluation_tables.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "harness/core/json.h"
#include "reports/markdown.h"
#include "reports/table.h"

namespace cli {
namespace {

std::string times_100(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", 100 * *value) : "n/a";
}

std::string macro_name(std::size_t tasks) {
  return fmt::format("{} ({} {})", metrics::kMacro, tasks, tasks == 1 ? "task" : "tasks");
}

/// The data sets and, last, their unweighted mean.
std::vector<metrics::ChoiceAccuracy::Accuracy> with_macro(const metrics::ChoiceAccuracy& choices) {
  std::vector<metrics::ChoiceAccuracy::Accuracy> all = choices.rows();
  std::vector<core::ResultRow> rows;
  metrics::ChoiceAccuracy::Accuracy macro;
  for (const auto& accuracy : all) {
    rows.push_back(accuracy.row);
    macro.unlabelled += accuracy.unlabelled;
    macro.single += accuracy.single;
  }
  macro.row = metrics::macro_rows(rows).at(0);
  all.push_back(std::move(macro));
  return all;
}

/// A result row as one line.
std::string row_line(const core::ResultRow& row, core::Json::Object more) {
  core::Json json = core::to_json(row);
  auto& fields = std::get<core::Json::Object>(json.value());
  for (auto& field : more) fields.push_back(std::move(field));
  return core::write_json(json) + '\n';
}

}  // namespace

std::string method_table(const metrics::TaskMeans& means) {
  std::string text = "| method | rouge_l | x 100 | n |\n|:--|--:|--:|--:|\n";
  for (const core::ResultRow& row : means.rows())
    text += row.value ? fmt::format("| {} | {} | {:.2f} | {} |\n", row.method, *row.value, 100 * *row.value, row.n)
                      : fmt::format("| {} | n/a | n/a | {} |\n", row.method, row.n);
  return text;
}

std::string task_table(const metrics::TaskMeans& means) {
  std::vector<core::ResultRow> rows = means.rows();
  const std::vector<core::ResultRow> macro = metrics::macro_rows(rows);
  rows.insert(rows.end(), macro.begin(), macro.end());
  reports::Table table{
      "", {"task"}, {}, {"Rouge-L x 100; a decoding is its entry 0, a tie goes to the first candidate."}};
  for (const core::ResultRow& row : macro) table.columns.push_back(row.method);
  table.columns.push_back("n");
  for (std::size_t begin = 0; begin < rows.size(); begin += macro.size()) {
    const bool last = begin + macro.size() == rows.size();
    std::vector<std::string> cells{last ? macro_name(means.tasks()) : rows[begin].task};
    for (std::size_t i = 0; i < macro.size(); ++i) cells.push_back(times_100(rows[begin + i].value));
    cells.push_back(std::to_string(rows[begin].n));
    reports::add_row(table, std::move(cells));
  }
  return reports::to_markdown(table);
}

std::string accuracy_table(const metrics::ChoiceAccuracy& choices) {
  const auto all = with_macro(choices);
  reports::Table table{"",
                       {"task", "accuracy", "n", "unlabelled", "one choice"},
                       {},
                       {"Accuracy x 100 over n questions, each an example under a template. Left out: unlabelled "
                        "questions, where no line has label 1. Counted in n: questions of one choice, always right."}};
  for (const auto& [row, unlabelled, single] : all)
    reports::add_row(table, {&row == &all.back().row ? macro_name(all.size() - 1) : row.task, times_100(row.value),
                             std::to_string(row.n), std::to_string(unlabelled), std::to_string(single)});
  return reports::to_markdown(table);
}

std::string mean_json_lines(const metrics::TaskMeans& means) {
  std::string text;
  const std::vector<core::ResultRow> rows = means.rows();
  for (const core::ResultRow& row : rows) text += row_line(row, {});
  const auto tasks = static_cast<std::int64_t>(means.tasks());
  for (const core::ResultRow& row : metrics::macro_rows(rows)) text += row_line(row, {{"tasks", tasks}});
  return text;
}

std::string accuracy_json_lines(const metrics::ChoiceAccuracy& choices) {
  std::string text;
  const auto all = with_macro(choices);
  for (const auto& [row, unlabelled, single] : all) {
    core::Json::Object more{{"unlabelled", unlabelled}, {"one_choice", single}};
    if (&row == &all.back().row) more.emplace_back("tasks", static_cast<std::int64_t>(all.size()) - 1);
    text += row_line(row, std::move(more));
  }
  return text;
}

}  // namespace cli
