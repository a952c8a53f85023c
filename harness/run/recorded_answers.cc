#include "harness/run/recorded_answers.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "harness/core/json.h"
#include "harness/metrics/evaluation.h"
#include "harness/run/lm_eval_samples.h"

namespace run {
namespace {

using core::Json;
using core::JsonRecord;

double number_or_nan(const Json* value) {
  return value == nullptr || value->is_null() ? std::nan("") : value->as_double();
}

std::int64_t count_or_unknown(const Json* value) {
  return value == nullptr || value->is_null() ? core::kUnknownCount : value->as_integer();
}

/// The `self_score` of a candidate or choice in the instances of a run.
RecordedLikelihood self_score_of(const Json& response, const Json& self_score) {
  return {response.at("response").as_string(), number_or_nan(self_score.find("log_likelihood")),
          count_or_unknown(self_score.find("tokens"))};
}

void read_candidates(const JsonRecord& record, RecordedAnswers& answers) {
  answers.candidates = metrics::stored_candidates(record).candidates;
  const Json list = record.json("candidates");
  for (std::size_t i = 0; i < answers.candidates.size(); ++i) {
    const core::Candidate& candidate = answers.candidates[i];
    const Json* self_score = list.as_array()[i].find("self_score");
    answers.likelihoods.push_back(
        self_score != nullptr ? self_score_of(list.as_array()[i], *self_score)
                              : RecordedLikelihood{candidate.response, candidate.log_likelihood, candidate.tokens});
  }
}

/// Choices of a classification instance.
void read_responses(const JsonRecord& record, RecordedAnswers& answers) {
  const Json list = record.json("responses");
  for (const Json& response : list.as_array()) {
    if (const Json* self_score = response.find("self_score"))
      answers.likelihoods.push_back(self_score_of(response, *self_score));
  }
}

RecordedAnswers read_cappy(const JsonRecord& record) {
  RecordedAnswers answers;
  if (record.raw("candidates")) {
    read_candidates(record, answers);
  } else if (record.raw("responses")) {
    read_responses(record, answers);
  } else {
    const Json line = record.to_json();
    answers.likelihoods.push_back(
        {record.string("response"), number_or_nan(&line.at("log_likelihood")), count_or_unknown(line.find("tokens"))});
  }
  return answers;
}

/// The sum and the mean of a response say how many tokens it has.
RecordedAnswers read_flan_samples(const JsonRecord& record) {
  if (!record.raw("flan_samples")) throw std::runtime_error("field 'flan_samples' is missing");
  const metrics::StoredCandidates stored = metrics::stored_candidates(record);
  RecordedAnswers answers;
  answers.candidates = stored.candidates;
  for (std::size_t i = 0; i < stored.candidates.size(); ++i) {
    const double tokens = stored.sums[i] / stored.means[i];
    const bool counted = std::isfinite(tokens) && tokens >= 0.5;
    answers.likelihoods.push_back(
        {stored.candidates[i].response, stored.sums[i], counted ? std::llround(tokens) : core::kUnknownCount});
  }
  return answers;
}

}  // namespace

std::vector<std::string> recorded_instructions(const JsonRecord& record, RecordedFormat format) {
  if (format == RecordedFormat::kLmEval) return lm_eval_instructions(record);
  const std::string shots = record.raw("shots") ? record.string("shots") : "";
  return {shots + record.string("instruction")};
}

RecordedAnswers recorded_answers(const JsonRecord& record, RecordedFormat format, const std::string& instruction) {
  switch (format) {
    case RecordedFormat::kCappy:
      return read_cappy(record);
    case RecordedFormat::kFlanSamples:
      return read_flan_samples(record);
    case RecordedFormat::kLmEval:
      return lm_eval_answers(record, instruction);
  }
  throw std::invalid_argument("an unknown format of records");
}

}  // namespace run
