#include "harness/metrics/evaluation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "harness/core/method_names.h"
#include "harness/core/text.h"
#include "harness/metrics/selection.h"

namespace metrics {
namespace {

constexpr std::array<std::string_view, 5> kPublishedOrder{"beam4", "sampling", "temp0.9", "topk40", "topp0.95"};

double number_or_nan(const core::Json& json, std::string_view key) {
  const core::Json* value = json.find(key);
  if (!value || value->is_null()) return std::nan("");
  try {
    return value->as_double();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", key, error.what()));
  }
}

void read_candidates(const core::Json& list, StoredCandidates& out) {
  for (const core::Json& item : list.as_array()) out.candidates.push_back(core::candidate_from_json(item));
  out.sums = log_likelihood_sums(out.candidates);
  out.means = log_likelihood_means(out.candidates);
  out.shape = "candidates: " + core::join(decodings_of(out.candidates), ", ");
}

void read_entry(const core::Json& entry, core::Candidate candidate, StoredCandidates& out) {
  try {
    candidate.response = entry.at("response").as_string();
    candidate.log_likelihood = std::nan("");
    out.sums.push_back(number_or_nan(entry, "log_likelihood_sum"));
    out.means.push_back(number_or_nan(entry, "log_likelihood_mean"));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("entry {} of '{}': {}", candidate.draw, candidate.decoding, error.what()));
  }
  out.candidates.push_back(std::move(candidate));
}

/// Ties would go to another candidate than in the published tables.
void check_published_order(const std::vector<std::string>& decodings) {
  std::ptrdiff_t last = -1;
  for (const std::string& decoding : decodings) {
    const auto place = std::ranges::find(kPublishedOrder, decoding) - kPublishedOrder.begin();
    if (place == std::ssize(kPublishedOrder)) continue;  // a decoding of the user's own
    if (place < last)
      throw std::runtime_error(fmt::format("'{}' stands after '{}': the order is {}", decoding,
                                           kPublishedOrder[static_cast<std::size_t>(last)],
                                           fmt::join(kPublishedOrder, ", ")));
    last = place;
  }
}

/// Where some entries lacked one, the self-score of a whole instance would be unknown without a word.
void check_all_or_none(const StoredCandidates& stored, const std::vector<double>& values, std::string_view key) {
  const auto unknown = [](double value) { return std::isnan(value); };
  const auto missing = std::ranges::find_if(values, unknown);
  if (missing == values.end() || std::ranges::all_of(values, unknown)) return;
  const core::Candidate& entry = stored.candidates[static_cast<std::size_t>(missing - values.begin())];
  throw std::runtime_error(
      fmt::format("entry {} of '{}' lacks {}, which others have", entry.draw, entry.decoding, key));
}

void read_flan_samples(const core::Json& samples, StoredCandidates& out) {
  std::vector<std::string> decodings, counts;
  for (const auto& [decoding, entries] : samples.as_object()) {
    if (entries.as_array().empty()) throw std::runtime_error(fmt::format("decoding '{}' has no entries", decoding));
    core::Candidate candidate;
    candidate.decoding = decoding;
    for (const core::Json& entry : entries.as_array()) {
      read_entry(entry, candidate, out);
      ++candidate.draw;
    }
    decodings.push_back(decoding);
    counts.push_back(fmt::format("{} x {}", decoding, candidate.draw));
  }
  check_published_order(decodings);
  check_all_or_none(out, out.sums, "log_likelihood_sum");
  check_all_or_none(out, out.means, "log_likelihood_mean");
  out.shape = "flan_samples: " + core::join(counts, ", ");
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
