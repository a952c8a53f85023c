#include "reports/run_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "harness/core/text.h"
#include "reports/markdown.h"

namespace reports {
namespace {

using core::ResultRow;
using core::TaskKind;

using Format = std::string (*)(double);

std::string two_decimals(double fraction) { return fmt::format("{:.2f}", 100 * fraction); }
std::string in_full(double fraction) { return fmt::format("{}", 100 * fraction); }

std::string cell(const std::optional<double>& value, Format format) { return value ? format(*value) : "n/a"; }

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

/// The column of a row: its method; the scorer's name too where the run has several.
class ColumnNames {
 public:
  explicit ColumnNames(const std::vector<ResultRow>& rows) {
    for (const ResultRow& row : rows) {
      if (!row.scorer.empty()) scorers_.insert(row.scorer);
    }
  }
  std::string of(const ResultRow& row) const {
    return scorers_.size() > 1 && !row.scorer.empty() ? row.method + " " + row.scorer : row.method;
  }
  std::vector<std::string> all(const std::vector<ResultRow>& rows) const {
    std::vector<std::string> names;
    for (const ResultRow& row : rows) add_once(names, of(row));
    return names;
  }

 private:
  std::set<std::string> scorers_;
};

/// The rows of one kind and backbone as a grid: tasks down, columns across.
struct Grid {
  std::vector<std::string> tasks;
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<double>>> values;  // [task][column]
  std::vector<std::int64_t> n;                             // [task]
  std::string metric;
  metrics::Mean mean = metrics::Mean::kMacro;  // over tasks
};

Grid make_grid(const std::vector<ResultRow>& rows, const ColumnNames& names, metrics::Mean mean) {
  Grid grid;
  grid.mean = mean;
  grid.columns = names.all(rows);
  for (const ResultRow& row : rows) add_once(grid.tasks, row.task);
  grid.values.assign(grid.tasks.size(), std::vector<std::optional<double>>(grid.columns.size()));
  grid.n.assign(grid.tasks.size(), 0);
  std::set<std::pair<std::ptrdiff_t, std::ptrdiff_t>> filled;
  for (const ResultRow& row : rows) {
    const auto task = std::find(grid.tasks.begin(), grid.tasks.end(), row.task) - grid.tasks.begin();
    const auto column = std::find(grid.columns.begin(), grid.columns.end(), names.of(row)) - grid.columns.begin();
    if (!filled.emplace(task, column).second) {
      throw std::runtime_error(fmt::format("two results for the task {} and the column {}", row.task, names.of(row)));
    }
    grid.values[static_cast<std::size_t>(task)][static_cast<std::size_t>(column)] = row.value;
    grid.n[static_cast<std::size_t>(task)] = row.n;
    grid.metric = row.metric;
  }
  return grid;
}

std::optional<double> column_mean(const Grid& grid, std::size_t column) {
  std::vector<metrics::PartMean> parts;
  for (std::size_t task = 0; task < grid.tasks.size(); ++task) {
    parts.push_back({grid.values[task][column], grid.n[task]});
  }
  return metrics::mean_of_parts(parts, grid.mean);
}

std::int64_t total(const std::vector<std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

std::string mean_name(const Grid& grid) {
  return fmt::format("mean of {} {}", grid.tasks.size(), grid.tasks.size() == 1 ? "task" : "tasks");
}

/// The values of one line of the grid under `columns`, which may be more than the grid has.
std::vector<std::string> cells(const Grid& grid, const std::vector<std::string>& columns,
                               std::optional<std::size_t> task, Format format) {
  std::vector<std::string> out;
  for (const std::string& name : columns) {
    const auto found = std::find(grid.columns.begin(), grid.columns.end(), name);
    const auto column = static_cast<std::size_t>(found - grid.columns.begin());
    if (found == grid.columns.end()) {
      out.push_back("n/a");
    } else {
      out.push_back(cell(task ? grid.values[*task][column] : column_mean(grid, column), format));
    }
  }
  return out;
}

/// The marks of tasks in one table, and the sentences that explain them.
class Marks {
 public:
  /// `models`: those that the table's numbers depend on.
  Marks(const RunSummary& summary, const std::set<std::string>& models) {
    for (const TaskData& data : summary.data) {
      if (data.unproven) unproven_.insert(data.task);
      for (const SeenBy& seen : data.seen_by) {
        if (models.contains(seen.model)) seen_[data.task].push_back(seen);
      }
    }
  }
  /// Of one task, or of a mean over several, which is no better than they are.
  std::string of(const std::vector<std::string>& tasks) const {
    const bool seen = std::ranges::any_of(tasks, [&](const auto& task) { return seen_.contains(task); });
    const bool unproven = std::ranges::any_of(tasks, [&](const auto& task) { return unproven_.contains(task); });
    return seen || unproven ? fmt::format(" {}{}", seen ? kSeen : "", unproven ? kUnproven : "") : "";
  }
  std::vector<std::string> notes(const std::vector<std::string>& tasks) const {
    std::map<std::string, std::vector<std::string>> seen_by;  // model -> tasks
    for (const std::string& task : tasks) {
      const auto found = seen_.find(task);
      if (found == seen_.end()) continue;
      for (const SeenBy& seen : found->second) {
        seen_by[fmt::format("{} (family {})", seen.model, seen.family)].push_back(task);
      }
    }
    std::vector<std::string> notes;
    for (const auto& [model, names] : seen_by) {
      notes.push_back(
          escape_markdown(fmt::format("{} In the training data of {}: {}.", kSeen, model, core::join(names, ", "))));
    }
    if (std::ranges::any_of(tasks, [&](const auto& task) { return unproven_.contains(task); })) {
      notes.push_back(fmt::format("{} Unproven: the rows were never compared with an independent source.", kUnproven));
    }
    return notes;
  }

 private:
  static constexpr const char* kSeen = "\u2020";
  static constexpr const char* kUnproven = "\u2021";
  std::map<std::string, std::vector<SeenBy>> seen_;
  std::set<std::string> unproven_;
};

std::string averages_note(const RunSummary& summary) {
  const std::string templates = summary.averages.templates == metrics::Mean::kMicro
                                    ? "the mean over its instances, all templates pooled (micro)"
                                    : "the unweighted mean of its templates' means (macro)";
  const std::string tasks = summary.averages.tasks == metrics::Mean::kMacro
                                ? "the unweighted mean over tasks (macro)"
                                : "the mean over tasks, each weighed by its instances (micro)";
  return fmt::format("A task's number is {}; the last row is {}.", templates, tasks);
}

Table grid_table(const Grid& grid, const std::string& title, const Marks& marks) {
  Table table{title, {"task"}, {}, marks.notes(grid.tasks)};
  table.columns.insert(table.columns.end(), grid.columns.begin(), grid.columns.end());
  table.columns.push_back("n");
  for (std::size_t i = 0; i <= grid.tasks.size(); ++i) {
    const bool last = i == grid.tasks.size();
    std::vector<std::string> row{last ? mean_name(grid) + marks.of(grid.tasks)
                                      : grid.tasks[i] + marks.of({grid.tasks[i]})};
    for (std::string& text : cells(grid, grid.columns, last ? std::nullopt : std::optional(i), two_decimals)) {
      row.push_back(std::move(text));
    }
    row.push_back(std::to_string(last ? total(grid.n) : grid.n[i]));
    add_row(table, std::move(row));
  }
  return table;
}

std::vector<std::string> backbones_of(const RunSummary& summary) {
  std::vector<std::string> names;
  for (const ResultRow& row : summary.rows) add_once(names, row.backbone);
  return names;
}

std::vector<ResultRow> rows_of(const RunSummary& summary, TaskKind kind, const std::string& backbone) {
  std::vector<ResultRow> rows;
  for (const ResultRow& row : summary.rows) {
    if (row.kind == kind && row.backbone == backbone) rows.push_back(row);
  }
  return rows;
}

std::string table_title(const Grid& grid, TaskKind kind, const std::string& backbone) {
  const std::string metric = grid.metric == "rouge_l" ? "Rouge-L" : grid.metric;
  const std::string what = kind == TaskKind::kGeneration ? fmt::format("Generation ({} x 100)", metric)
                                                         : fmt::format("Classification ({}, %)", metric);
  return backbone.empty() ? what : what + ", backbone " + backbone;
}

std::string share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? "n/a" : fmt::format("{} of {}", part, whole);
}

void add_wide_rows(Table& table, const std::vector<ResultRow>& rows, const Grid& grid,
                   const std::vector<std::string>& columns) {
  for (std::size_t i = 0; i <= grid.tasks.size(); ++i) {
    const bool last = i == grid.tasks.size();
    std::vector<std::string> row{last ? mean_name(grid) : grid.tasks[i], core::to_string(rows[0].kind),
                                 rows[0].backbone, grid.metric, std::to_string(last ? total(grid.n) : grid.n[i])};
    for (std::string& text : cells(grid, columns, last ? std::nullopt : std::optional(i), in_full))
      row.push_back(std::move(text));
    add_row(table, std::move(row));
  }
}

}  // namespace

std::vector<Table> score_tables(const RunSummary& summary) {
  std::vector<Table> tables;
  const ColumnNames names(summary.rows);
  for (const TaskKind kind : {TaskKind::kGeneration, TaskKind::kClassification}) {
    for (const std::string& backbone : backbones_of(summary)) {
      const std::vector<ResultRow> rows = rows_of(summary, kind, backbone);
      if (rows.empty()) continue;
      std::set<std::string> models{backbone};
      for (const ResultRow& row : rows) models.insert(row.scorer);
      const Grid grid = make_grid(rows, names, summary.averages.tasks);
      tables.push_back(grid_table(grid, table_title(grid, kind, backbone), Marks(summary, models)));
      tables.back().notes.push_back(averages_note(summary));
    }
  }
  return tables;
}

Table counters_table(const RunSummary& summary) {
  Table table{"What was cut",
              {"task", "backbone", "n", "inputs cut", "outputs at the length limit", "empty responses",
               "self-scored responses cut", "scorer pairs cut", "references too long"},
              {},
              {"A reference is too long where an output that ends can never be as long."}};
  for (const TaskCounters& counters : summary.counters) {
    add_row(table,
            {counters.task, counters.backbone.empty() ? "none" : counters.backbone, std::to_string(counters.instances),
             share(counters.inputs_cut, counters.inputs), share(counters.outputs_at_limit, counters.outputs),
             share(counters.empty_responses, counters.responses), share(counters.self_scored_cut, counters.self_scored),
             share(counters.pairs_cut, counters.pairs), share(counters.references_too_long, counters.references)});
  }
  return table;
}

Table data_table(const RunSummary& summary) {
  Table table{
      "Data",
      {"task", "source", "found in", "split", "rows", "templates", "instances", "examples before each",
       "skipped by templates", "unlabelled rows", "empty references", "values cut", "warnings"},
      {},
      {"Skipped: (row, template) pairs to which the template does not apply. Unlabelled rows are left out. Values "
       "cut: (row, template) pairs with a value of more than 2,048 characters, which PromptSource cuts."}};
  for (const TaskData& data : summary.data) {
    add_row(table, {data.task, data.revision.empty() ? data.source : data.source + " @ " + data.revision, data.origin,
                    data.split, std::to_string(data.rows), std::to_string(data.templates),
                    std::to_string(data.instances), std::to_string(data.shots), std::to_string(data.skipped),
                    std::to_string(data.unlabelled), std::to_string(data.empty_references),
                    std::to_string(data.cut_values), data.warnings.empty() ? "none" : core::join(data.warnings, "; ")});
  }
  return table;
}

Table wide_table(const RunSummary& summary) {
  const ColumnNames names(summary.rows);
  const std::vector<std::string> columns = names.all(summary.rows);
  Table table{"", {"task", "kind", "backbone", "metric", "n"}, {}, {}};
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (const TaskKind kind : {TaskKind::kGeneration, TaskKind::kClassification}) {
    for (const std::string& backbone : backbones_of(summary)) {
      const std::vector<ResultRow> rows = rows_of(summary, kind, backbone);
      if (rows.empty()) continue;
      add_wide_rows(table, rows, make_grid(rows, names, summary.averages.tasks), columns);
    }
  }
  return table;
}

}  // namespace reports
