// What stored candidates are worth: the Rouge-L of every method's choice, from a record of `references` and either
// `candidates` (what `cappy generate` writes) or `flan_samples` (the authors' published files: decoding -> list of
// {response, log_likelihood_sum, log_likelihood_mean}).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/json_lines.h"
#include "harness/core/records.h"
#include "harness/metrics/rouge_l.h"

namespace metrics {

/// The candidates of one instance and their log-likelihoods, NaN where unknown.
struct StoredCandidates {
  std::vector<core::Candidate> candidates;
  std::vector<double> sums, means;
  std::string instruction;  // the field, else the text of the candidates as written: the key of the random choice
};

/// Throws std::runtime_error that names the field: both kinds or none, an empty list, a decoding without its draw 0 or
/// a draw twice, a decoding with the name of a method.
StoredCandidates stored_candidates(const core::JsonRecord& record);

/// Method and its Rouge-L, nothing for "n/a": each decoding (its draw 0), then self-score-sum, self-score-mean, oracle,
/// random.
using MethodValues = std::vector<std::pair<std::string, std::optional<double>>>;
MethodValues evaluate(const StoredCandidates& stored, const std::vector<std::string>& references, std::uint64_t seed,
                      RougeL& rouge_l);

}  // namespace metrics
