// What stored candidates are worth: the Rouge-L of every method's choice, from a record of `references` and either
// `candidates` (what `cappy generate` writes) or `flan_samples` (the authors' published files: decoding -> list of
// {response, log_likelihood_sum, log_likelihood_mean}). The published order of the decodings is beam4, sampling,
// temp0.9, topk40, topp0.95; ties of a self-score go to the first in that order.
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

/// The candidates of one instance and their log-likelihoods, NaN where unknown. Those of `flan_samples` are of the
/// re-tokenised responses, so they stand here alone: the candidates' own are unknown.
struct StoredCandidates {
  std::vector<core::Candidate> candidates;
  std::vector<double> sums, means;
  std::string instruction;  // the field, else the text of the candidates as written: the key of the random choice
  std::string
      shape;  // in what instances must agree to be averaged: "flan_samples: beam4 x 1, topk40 x 4", "candidates:
              // greedy" (without counts, as recorded candidates may be fewer where some were equal)
};

/// Throws std::runtime_error that names the field: both kinds or none, an empty list, a decoding without its draw 0 or
/// a draw twice, a decoding with the name of a method, the published decodings in another order, a log-likelihood that
/// some entries of `flan_samples` have and others lack.
StoredCandidates stored_candidates(const core::JsonRecord& record);

/// Method and its Rouge-L, nothing for "n/a": each decoding (its draw 0), then self-score-sum, self-score-mean, oracle,
/// random.
using MethodValues = std::vector<std::pair<std::string, std::optional<double>>>;
MethodValues evaluate(const StoredCandidates& stored, const std::vector<std::string>& references, std::uint64_t seed,
                      RougeL& rouge_l);

}  // namespace metrics
