// Means by task, as the paper's tables take them: within a task the mean over its instances, then the unweighted mean
// over tasks. A mean over part of the instances, or over two splits or two backbones in one, would look like any other
// number, so whatever is added must agree: in the decodings, in which values are "n/a", and the instances of a task
// stand together.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "harness/metrics/evaluation.h"

namespace metrics {

/// Holds a sum per task and method, whatever the number of instances.
class TaskMeans {
 public:
  /// An instance: its task, the source that it comes from and where in it ("FILE: line 7", for messages).
  struct Source {
    std::string task, file, place;
  };
  /// Throws std::runtime_error: other decodings or other values known than the first instance, a task that comes again
  /// after another one or in another file.
  void add(const Source& source, const std::string& shape, const MethodValues& methods);

  std::size_t tasks() const { return tasks_.size(); }
  /// One row a task and method, in the order of first occurrence.
  std::vector<core::ResultRow> rows() const;

 private:
  struct Task {
    Source first;
    std::int64_t n = 0;
    std::vector<double> sums;  // by method
  };
  Task& task_of(const Source& source);
  void check(const std::string& shape, const MethodValues& methods) const;

  std::vector<Task> tasks_;  // the last is the one of now
  std::map<std::string, std::size_t> by_name_;
  std::string shape_, first_place_;  // of the first instance
  MethodValues first_;
};

/// The unweighted mean over tasks of each method, in the order of first occurrence; nothing where one task has none, as
/// a mean over fewer tasks would not compare. Its task is `kMacro`, its n the sum. Throws std::invalid_argument where
/// the methods have not the same number of rows.
std::vector<core::ResultRow> macro_rows(const std::vector<core::ResultRow>& rows);
inline constexpr const char* kMacro = "Macro";

}  // namespace metrics
