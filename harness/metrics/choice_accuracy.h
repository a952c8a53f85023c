// Accuracy of scored choices by the rule of the published evaluation (cappy_promptsource.py): a line holds one choice
// of one example under one template. The lines with equal (dataset_name, template_name, example_idx) are one question;
// the answer is its line with the greatest score, the first on ties; it is right where its *text* is that of the line
// with label 1, so that a choice that occurs twice counts whichever won. Questions without a line of label 1 are left
// out, and counted. Accuracy is pooled over the questions of a data set; tables take the unweighted mean over data
// sets.
//
// Example: lines (yes, label 1, score 0.2), (no, 0, 0.2) -> "yes" wins the tie: right.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/json_lines.h"
#include "harness/core/records.h"

namespace metrics {

/// The lines of a question need not stand together. Held per question: 64-bit hashes of its key, its best and its right
/// response, its best score (about 70 bytes), never a text.
class ChoiceAccuracy {
 public:
  /// Reads dataset_name, template_name, example_idx, response, label and score. Throws std::runtime_error that names
  /// the field: missing or of a wrong type, a label that is neither 0 nor 1, a score that is no finite number, a second
  /// right response.
  void add(const core::JsonRecord& record);

  /// A data set: `row.value` is nothing where no question of it is labelled, `row.n` the questions that are.
  struct Accuracy {
    core::ResultRow row;
    std::int64_t unlabelled = 0;  // questions without a line of label 1
    std::int64_t single = 0;      // labelled questions of one line, where every scorer is right
  };
  /// In the order of first occurrence.
  std::vector<Accuracy> rows() const;

 private:
  struct Question {
    double best_score = 0;
    std::uint64_t best_response = 0, right_response = 0;
    std::int32_t lines = 0;
    bool labelled = false;
  };
  struct Set {
    std::string name;
    std::unordered_map<std::uint64_t, Question> questions;
  };
  Set& set_of(const std::string& name);

  std::vector<Set> sets_;
  std::map<std::string, std::size_t> by_name_;
};

}  // namespace metrics
