#include "harness/cli/model_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <span>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/metrics/rank_correlation.h"
#include "harness/metrics/selection.h"

namespace cli {
namespace {

VerifyInput read_input(const core::JsonRecord& record) {
  VerifyInput input;
  input.instruction = record.string("instruction");
  int kinds = 0;
  for (const char* list : {"responses", "choices"}) {
    if (record.raw(list) == nullptr) continue;
    input.responses = record.strings(list);
    ++kinds;
  }
  if (record.raw("response") != nullptr) {
    input.responses = {record.string("response")};
    ++kinds;
  }
  if (kinds > 1) throw std::runtime_error("more than one of 'response', 'responses' and 'choices'");
  if (record.raw("choices") == nullptr || record.raw("label") == nullptr) return input;
  if (const core::Json label = record.json("label"); !label.is_null()) {
    const std::int64_t index = record.integer("label");
    if (index < 0 || index >= static_cast<std::int64_t>(input.responses.size()))
      throw std::runtime_error(fmt::format("field 'label': {} is no choice of {}", index, input.responses.size()));
    input.label = index;
  }
  return input;
}

/// The numbers that both models give of one input.
struct Known {
  std::vector<double> mine, reference;
};

Known known_numbers(std::span<const double> mine, std::span<const double> reference) {
  if (mine.size() != reference.size()) throw std::invalid_argument("models with different numbers of answers");
  Known known;
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (std::isnan(mine[i]) || std::isnan(reference[i])) continue;
    known.mine.push_back(mine[i]);
    known.reference.push_back(reference[i]);
  }
  return known;
}

class Comparison {
 public:
  Comparison(const ModelAnswers& mine, const ModelAnswers& reference, NumberKind kind)
      : mine_(mine), reference_(reference), kind_(kind) {}

  void add(const VerifyInput& input, std::size_t i) {
    const Known known = known_numbers(mine_.values.at(i), reference_.values.at(i));
    found_.unknown += static_cast<std::int64_t>(mine_.values[i].size() - known.mine.size());
    add_numbers(known, input.line);
    if (known.mine.size() == mine_.values[i].size() && known.mine.size() > 1) add_choice(known, input);
    if (!mine_.tokens.empty() && !reference_.tokens.empty()) add_tokens(i);
    if (!mine_.outputs.empty() && !reference_.outputs.empty()) add_outputs(input, i);
  }

  Differences finish() && {
    found_.numbers = static_cast<std::int64_t>(all_.mine.size());
    found_.tau = metrics::kendall_tau_b(all_.mine, all_.reference);
    if (taus_ > 0) found_.tau_within = tau_sum_ / static_cast<double>(taus_);
    return std::move(found_);
  }

 private:
  void add_numbers(const Known& known, std::int64_t line) {
    for (std::size_t k = 0; k < known.mine.size(); ++k) {
      const double distance = std::abs(known.mine[k] - known.reference[k]);
      const double unit = kind_ == NumberKind::kScore ? 1 : std::max(1.0, std::abs(known.reference[k]) / 10);
      Differences::Largest& largest = found_.largest;
      if (distance > largest.distance) largest = {distance, largest.scaled, line};
      largest.scaled = std::max(largest.scaled, distance / unit);
    }
    all_.mine.insert(all_.mine.end(), known.mine.begin(), known.mine.end());
    all_.reference.insert(all_.reference.end(), known.reference.begin(), known.reference.end());
    const auto tau = metrics::kendall_tau_b(known.mine, known.reference);
    taus_ += tau.has_value();
    tau_sum_ += tau.value_or(0);
  }

  void add_choice(const Known& known, const VerifyInput& input) {
    const std::size_t chosen = metrics::first_maximum(known.mine);
    const std::size_t expected = metrics::first_maximum(known.reference);
    ++found_.choices;
    if (chosen != expected) {
      ++found_.flipped;
      found_.widest_flip = std::max(found_.widest_flip, known.reference[expected] - known.reference[chosen]);
    }
    if (!input.label) return;
    ++found_.labelled;
    found_.right += static_cast<std::int64_t>(chosen) == *input.label;
    found_.right_reference += static_cast<std::int64_t>(expected) == *input.label;
  }

  void add_tokens(std::size_t i) {
    for (std::size_t k = 0; k < mine_.tokens[i].size(); ++k) {
      const std::int64_t a = mine_.tokens[i][k], b = reference_.tokens[i].at(k);
      if (a < 0 || b < 0) continue;
      ++found_.token_counts;
      found_.unequal_token_counts += a != b;
    }
  }

  void add_outputs(const VerifyInput& input, std::size_t i) {
    const std::vector<core::Candidate>&a = mine_.outputs[i], &b = reference_.outputs.at(i);
    if (a.size() != b.size()) throw std::invalid_argument("models with different numbers of candidates");
    for (std::size_t k = 0; k < a.size(); ++k) {
      ++found_.outputs;
      const bool by_ids = !a[k].ids.empty() && !b[k].ids.empty();
      if (by_ids ? a[k].ids == b[k].ids : a[k].response == b[k].response) continue;
      if (found_.unequal_outputs++ == 0)
        found_.first_unequal_output =
            fmt::format("line {}, {}: '{}', reference '{}'", input.line, a[k].decoding, a[k].response, b[k].response);
    }
  }

  const ModelAnswers &mine_, &reference_;
  NumberKind kind_;
  Known all_;
  double tau_sum_ = 0;
  std::int64_t taus_ = 0;
  Differences found_;
};

}  // namespace

std::vector<VerifyInput> read_verify_inputs(const std::string& path, std::int64_t limit) {
  std::ifstream file(path);
  if (!file) throw core::FileError(path, "cannot be opened");
  core::JsonLinesReader reader(file, path);
  std::vector<VerifyInput> inputs;
  while (limit < 0 || static_cast<std::int64_t>(inputs.size()) < limit) {
    const auto record = reader.next();
    if (!record) break;
    try {
      inputs.push_back(read_input(*record));
      inputs.back().line = reader.line();
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(path, reader.line(), error.what());
    }
  }
  if (inputs.empty()) throw core::FileError(path, "no lines: nothing to compare");
  return inputs;
}

Differences compare_answers(const std::vector<VerifyInput>& inputs, const ModelAnswers& mine,
                            const ModelAnswers& reference, NumberKind kind) {
  if (mine.values.size() != inputs.size() || reference.values.size() != inputs.size())
    throw std::invalid_argument("a model did not answer every input");
  Comparison comparison(mine, reference, kind);
  for (std::size_t i = 0; i < inputs.size(); ++i) comparison.add(inputs[i], i);
  return std::move(comparison).finish();
}

}  // namespace cli
