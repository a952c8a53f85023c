#include "harness/metrics/choice_accuracy.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "harness/core/hash.h"

namespace metrics {
namespace {

double score_of(const core::JsonRecord& record) {
  if (!record.raw("score")) throw std::runtime_error("field 'score' is missing: `cappy score --model DIR` adds it");
  const double score = record.number("score");
  if (!std::isfinite(score)) throw std::runtime_error("field 'score': no finite number");
  return score;
}

}  // namespace

ChoiceAccuracy::Set& ChoiceAccuracy::set_of(const std::string& name) {
  const auto [known, added] = by_name_.emplace(name, sets_.size());
  if (added) sets_.push_back({name, {}});
  return sets_[known->second];
}

void ChoiceAccuracy::add(const core::JsonRecord& record) {
  const std::string name = record.string("dataset_name"), prompt = record.string("template_name");
  const std::int64_t example = record.integer("example_idx");
  const std::uint64_t response = core::hash64(record.string("response"));
  const bool right = core::is_right_choice(record);
  const double score = score_of(record);
  Question& question = set_of(name).questions[core::hash64(fmt::format("{} {}", example, prompt))];
  if (right && question.labelled && question.right_response != response)
    throw std::runtime_error(
        fmt::format("a second right response for example {} of '{}' under the template '{}'", example, name, prompt));
  if (right) {
    question.labelled = true;
    question.right_response = response;
  }
  if (question.lines++ == 0 || question.best_score < score) {
    question.best_score = score;
    question.best_response = response;
  }
}

std::vector<ChoiceAccuracy::Accuracy> ChoiceAccuracy::rows() const {
  std::vector<Accuracy> rows;
  for (const Set& set : sets_) {
    Accuracy accuracy;
    std::int64_t right = 0;
    for (const auto& [key, question] : set.questions) {
      accuracy.unlabelled += !question.labelled;
      accuracy.single += question.labelled && question.lines == 1;
      right += question.labelled && question.best_response == question.right_response;
    }
    core::ResultRow& row = accuracy.row;
    row.task = set.name;
    row.kind = core::TaskKind::kClassification;
    row.method = "cappy";
    row.metric = "accuracy";
    row.n = static_cast<std::int64_t>(set.questions.size()) - accuracy.unlabelled;
    if (row.n > 0) row.value = static_cast<double>(right) / static_cast<double>(row.n);
    rows.push_back(std::move(accuracy));
  }
  return rows;
}

}  // namespace metrics
