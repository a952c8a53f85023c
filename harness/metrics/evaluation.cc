#include "harness/metrics/evaluation.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "harness/core/method_names.h"
#include "harness/metrics/selection.h"

namespace metrics {
namespace {

double number_or_nan(const core::Json& json, std::string_view key) {
  const core::Json* value = json.find(key);
  return value && !value->is_null() ? value->as_double() : std::nan("");
}

void read_candidates(const core::Json& list, StoredCandidates& out) {
  for (const core::Json& item : list.as_array()) out.candidates.push_back(core::candidate_from_json(item));
  out.sums = log_likelihood_sums(out.candidates);
  out.means = log_likelihood_means(out.candidates);
}

void read_flan_samples(const core::Json& samples, StoredCandidates& out) {
  for (const auto& [decoding, entries] : samples.as_object()) {
    if (entries.as_array().empty()) throw std::runtime_error(fmt::format("decoding '{}' has no entries", decoding));
    std::int64_t draw = 0;
    for (const core::Json& entry : entries.as_array()) {
      core::Candidate candidate;
      candidate.response = entry.at("response").as_string();
      candidate.decoding = decoding;
      candidate.draw = draw++;
      out.sums.push_back(number_or_nan(entry, "log_likelihood_sum"));
      out.means.push_back(number_or_nan(entry, "log_likelihood_mean"));
      out.candidates.push_back(std::move(candidate));
    }
  }
}

/// A decoding called as a method would give two values of one name.
void refuse_method_names(const std::vector<core::Candidate>& candidates) {
  for (const core::Candidate& candidate : candidates) {
    if (core::is_method_column(candidate.decoding)) {
      throw std::runtime_error(fmt::format("a decoding is called '{}', the name of a method", candidate.decoding));
    }
  }
}

std::string key_of_random(const core::JsonRecord& record, const std::string& candidates) {
  return record.raw("instruction") ? record.string("instruction") : candidates;
}

}  // namespace

StoredCandidates stored_candidates(const core::JsonRecord& record) {
  const bool generated = record.raw("candidates") != nullptr;
  if (generated == (record.raw("flan_samples") != nullptr))
    throw std::runtime_error("exactly one of the fields 'candidates' and 'flan_samples' is needed");
  const std::string field = generated ? "candidates" : "flan_samples";
  StoredCandidates out;
  out.instruction = key_of_random(record, *record.raw(field));
  try {
    const core::Json json = record.json(field);
    generated ? read_candidates(json, out) : read_flan_samples(json, out);
    check_candidates(out.candidates);
    refuse_method_names(out.candidates);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("field '{}': {}", field, error.what()));
  }
  return out;
}

MethodValues evaluate(const StoredCandidates& stored, const std::vector<std::string>& references, std::uint64_t seed,
                      RougeL& rouge_l) {
  const auto& candidates = stored.candidates;
  std::vector<double> values;
  for (const auto& candidate : candidates) values.push_back(rouge_l.score(candidate.response, references));
  const auto chosen = [&](std::optional<std::size_t> index) {
    return index ? std::optional<double>(values[*index]) : std::nullopt;
  };
  MethodValues out;
  for (const std::string& decoding : decodings_of(candidates))
    out.emplace_back(decoding, chosen(draw_zero(candidates, decoding)));
  out.emplace_back("self-score-sum", chosen(self_score(stored.sums)));
  out.emplace_back("self-score-mean", chosen(self_score(stored.means)));
  out.emplace_back("oracle", chosen(first_maximum(values)));
  out.emplace_back("random", chosen(random_choice(seed, stored.instruction, candidates.size())));
  return out;
}

}  // namespace metrics
