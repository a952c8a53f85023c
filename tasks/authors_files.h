// Instances out of the files that Cappy's authors publish beside their scripts, as users download them. JSON Lines in
// two forms; fields that are not named here are passed over.
//
// promptsource_test: a line per (example, template, choice) with dataset_name, template_name, example_idx, instruction,
// response and label (1 right, else 0). Adjacent lines with equal first three are one classification instance, its
// choices the responses in the file's order.
//
// bigbench (bigbench_data and bigbench_flan_gens): a line per example with dataset, example_idx, instruction and
// references: a generation instance. The candidates that flan_samples holds are read by metrics::stored_candidates.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "harness/core/json_lines.h"
#include "harness/core/records.h"

namespace tasks {

enum class AuthorsForm { kPromptsourceTest, kBigbench };

/// "promptsource_test" or "bigbench". Throws std::runtime_error with a suggestion.
AuthorsForm read_authors_form(std::string_view name);
core::TaskKind kind_of(AuthorsForm form);

/// The instances of one data set of such a file, one after the other. Holds one instance, and 8 bytes for each that was
/// read: a key that comes again, not adjacent, is an error.
class AuthorsInstances {
 public:
  /// `name` is what errors call the source; `dataset` selects by the field dataset_name or dataset.
  AuthorsInstances(std::istream& in, std::string name, AuthorsForm form, std::string dataset);

  /// The next instance, or nothing at the end. Its id is "<example_idx>/<template_name>" or "<example_idx>". The label
  /// is the place of the line with label 1, the first where the same right choice occurs twice; absent without such a
  /// line.
  ///
  /// Throws core::FileError with the number of the line: a field missing or of a wrong type, a label that is neither 0
  /// nor 1, two different right choices, fewer than two choices, another instruction for the same key, a key that came
  /// before, no references; at the end where the data set has no line, with the names that the file has.
  std::optional<core::Instance> next();

  /// The first line of the instance that came last.
  std::int64_t line() const { return line_; }

 private:
  bool read_line();
  std::string key() const;
  void check_new(const std::string& key);
  void add_choice(core::Instance& instance) const;
  std::optional<core::Instance> next_classification();
  std::optional<core::Instance> next_generation();
  template <class Read>
  auto at_line(Read read) const;
  [[noreturn]] void fail_absent() const;

  core::JsonLinesReader reader_;
  AuthorsForm form_;
  std::string dataset_;
  core::JsonRecord record_;  // the line that was read last
  bool pending_ = false;     // whether it is of an instance to come
  std::int64_t line_ = 0;
  std::unordered_set<std::uint64_t> seen_;          // hashes of keys
  std::map<std::string, std::int64_t> other_sets_;  // lines by data set, for the message; at most kMostNames
};

}  // namespace tasks
