#include "harness/metrics/task_means.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace metrics {

TaskMeans::Task& TaskMeans::task_of(const Source& source) {
  const auto [known, added] = by_name_.emplace(source.task, tasks_.size());
  if (added) {
    tasks_.push_back({.first = source, .n = 0, .sums = std::vector<double>(first_.size())});
    return tasks_.back();
  }
  const Source& first = tasks_[known->second].first;
  if (known->second + 1 == tasks_.size() && first.file == source.file) return tasks_.back();
  throw std::runtime_error(
      fmt::format("task '{}' again, which begins at {}: the lines of a task stand together, and two splits or two "
                  "backbones have no common mean",
                  source.task, first.place));
}

void TaskMeans::check(const std::string& shape, const MethodValues& methods) const {
  if (shape != shape_) throw std::runtime_error(fmt::format("({}) where {} has ({})", shape, first_place_, shape_));
  for (std::size_t i = 0; i < methods.size(); ++i)
    if (methods[i].second.has_value() != first_[i].second.has_value())
      throw std::runtime_error(fmt::format("{} {} a value, other than at {}", methods[i].first,
                                           methods[i].second ? "has" : "lacks", first_place_));
}

void TaskMeans::add(const Source& source, const std::string& shape, const MethodValues& methods) {
  if (tasks_.empty()) {
    first_ = methods;
    shape_ = shape;
    first_place_ = source.place;
  }
  check(shape, methods);
  Task& task = task_of(source);
  ++task.n;
  for (std::size_t i = 0; i < methods.size(); ++i) task.sums[i] += methods[i].second.value_or(0);
}

std::vector<core::ResultRow> TaskMeans::rows() const {
  std::vector<core::ResultRow> rows;
  for (const Task& task : tasks_) {
    for (std::size_t i = 0; i < first_.size(); ++i) {
      core::ResultRow row;
      row.task = task.first.task;
      row.kind = core::TaskKind::kGeneration;
      row.method = first_[i].first;
      row.metric = "rouge_l";
      if (first_[i].second) row.value = task.sums[i] / static_cast<double>(task.n);
      row.n = task.n;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<core::ResultRow> macro_rows(const std::vector<core::ResultRow>& rows) {
  std::vector<core::ResultRow> means;
  std::vector<std::int64_t> tasks;  // by mean
  for (const core::ResultRow& row : rows) {
    auto mean = std::ranges::find(means, row.method, &core::ResultRow::method);
    if (mean == means.end()) {
      means.push_back(row);
      means.back().task = kMacro;
      tasks.push_back(1);
      continue;
    }
    mean->value = mean->value && row.value ? std::optional(*mean->value + *row.value) : std::nullopt;
    mean->n += row.n;
    ++tasks[static_cast<std::size_t>(mean - means.begin())];
  }
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (tasks[i] != tasks[0]) throw std::invalid_argument("macro_rows: methods of unequal numbers of tasks");
    if (means[i].value) *means[i].value /= static_cast<double>(tasks[i]);
  }
  return means;
}

}  // namespace metrics
