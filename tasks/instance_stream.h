// The instances of a split, a row at a time: the one way from files to instances, whatever the task's data are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/records.h"
#include "tasks/places.h"
#include "tasks/promptsource.h"
#include "tasks/task_spec.h"

namespace tasks {

class InstanceStream {
 public:
  /// What became of the rows so far.
  struct Counts {
    std::int64_t rows = 0;
    std::int64_t skipped = 0;        // (row, template) pairs to which the template does not apply
    std::int64_t unlabelled = 0;     // rows without a label
    std::int64_t cut_values = 0;     // (row, template) pairs with a value that was cut
    std::int64_t skipped_lines = 0;  // of tables, by `other_length: skip`
  };

  explicit InstanceStream(Origin origin) : origin_(origin) {}
  virtual ~InstanceStream() = default;
  /// The next row: its instances replace those in `instances`; without it the row is read and checked, not rendered.
  /// False at the end. Throws core::FileError that names the row.
  virtual bool next(std::vector<core::Instance>* instances) = 0;

  Origin origin() const { return origin_; }
  const Counts& counts() const { return counts_; }

 protected:
  Counts counts_;

 private:
  Origin origin_;
};

/// Throws what find_split throws.
std::unique_ptr<InstanceStream> open_instances(const TaskSpec& spec, const std::string& split, const Places& places);

/// Rows of tables under every template.
std::unique_ptr<InstanceStream> open_rendered(const TaskSpec& spec, const SplitFiles& files,
                                              std::vector<PromptTemplate> templates);

}  // namespace tasks
