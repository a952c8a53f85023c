// What one recorded line says of an instruction, by the format of its file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/json_lines.h"
#include "harness/core/records.h"
#include "harness/run/external_models.h"

namespace run {

/// A response with what is known of it: NaN and backbones::kUnknown stand for nothing.
struct RecordedLikelihood {
  std::string response;
  double log_likelihood = 0;
  std::int64_t tokens = 0;
};

struct RecordedAnswers {
  std::vector<core::Candidate> candidates;  // of lm-evaluation-harness: without a name
  std::vector<RecordedLikelihood> likelihoods;
};

/// The instructions that a line is about, as a backbone reads them. Throws std::runtime_error that names the field.
std::vector<std::string> recorded_instructions(const core::JsonRecord& record, RecordedFormat format);
/// What it says of one of them. Throws std::runtime_error that names the field.
RecordedAnswers recorded_answers(const core::JsonRecord& record, RecordedFormat format, const std::string& instruction);

}  // namespace run
