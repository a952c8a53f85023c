#include "harness/run/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>

#include "harness/metrics/selection.h"

namespace run {
namespace {

using core::Json;
using core::TaskKind;

/// One column of a table: a name and a rule that picks a response of an instance, or nothing where it cannot.
struct Column {
  std::string method;
  std::string scorer;  // empty where none is involved
  std::function<std::optional<std::size_t>(std::size_t instance)> pick;
};

void add_decodings(std::vector<Column>& columns, const Experiment& experiment, const Evidence& evidence) {
  for (const backbones::Decoding& decoding : experiment.decodings) {
    columns.push_back({decoding.name, "", [&evidence, name = decoding.name](std::size_t i) {
                         return metrics::draw_zero(evidence.generated[i].candidates, name);
                       }});
  }
}

double self_score(const Evidence& evidence, Method method, std::size_t instance, std::size_t response) {
  const SelfScored& scored = evidence.self_scored[instance];
  const double sum = scored.log_likelihood[response];
  const std::string& text = evidence.responses[instance][response];
  switch (method) {
    case Method::kSelfScoreSum:
      return sum;
    case Method::kSelfScoreMean:
      return metrics::per_token(sum, scored.tokens[response]);
    case Method::kSelfScoreBytes:
      return metrics::per_byte(sum, text);
    case Method::kSelfScoreUnconditional:
      return sum - evidence.unconditional.at(text);
    default:
      throw std::invalid_argument(to_string(method) + " is no self-score");
  }
}

std::optional<std::size_t> best_self_score(const Evidence& evidence, Method method, std::size_t instance) {
  std::vector<double> values;
  for (std::size_t r = 0; r < evidence.responses[instance].size(); ++r) {
    values.push_back(self_score(evidence, method, instance, r));
  }
  return metrics::self_score(values);
}

void add_scorers(std::vector<Column>& columns, const Experiment& experiment, const Evidence& evidence) {
  for (std::size_t s = 0; s < experiment.scorers.size(); ++s) {
    columns.push_back({"cappy", experiment.scorers[s].name,
                       [&evidence, s](std::size_t i) { return metrics::first_maximum(evidence.scored[s][i].score); }});
  }
}

/// The columns of the methods that apply to this kind of task, in the order of the experiment.
std::vector<Column> make_columns(const Experiment& experiment, const Evidence& evidence) {
  std::vector<Column> columns;
  for (const Method method : experiment.methods) {
    switch (method) {
      case Method::kEachDecoding:
        if (evidence.kind == TaskKind::kGeneration) add_decodings(columns, experiment, evidence);
        break;
      case Method::kSelfScoreSum:
      case Method::kSelfScoreMean:
      case Method::kSelfScoreBytes:
      case Method::kSelfScoreUnconditional:
        if (evidence.self_scored.empty()) break;
        columns.push_back({to_string(method), "",
                           [&evidence, method](std::size_t i) { return best_self_score(evidence, method, i); }});
        break;
      case Method::kCappy:
        add_scorers(columns, experiment, evidence);
        break;
      case Method::kOracle:
        if (evidence.kind != TaskKind::kGeneration) break;
        columns.push_back(
            {"oracle", "", [&evidence](std::size_t i) { return metrics::first_maximum(evidence.metric[i]); }});
        break;
      case Method::kRandom:
        columns.push_back({"random", "", [&evidence, seed = experiment.seeds.random](std::size_t i) {
                             return metrics::random_choice(seed, evidence.instances[i].instruction,
                                                           evidence.responses[i].size());
                           }});
        break;
    }
  }
  return columns;
}

/// The metric, or 1 where the text is the right choice's. Equal texts are equally right, as in the published
/// evaluation.
double value_of(const Evidence& evidence, std::size_t instance, std::size_t response) {
  if (evidence.kind == TaskKind::kGeneration) return evidence.metric[instance][response];
  const core::Instance& example = evidence.instances[instance];
  return example.choices[response] == example.choices[static_cast<std::size_t>(*example.label)] ? 1.0 : 0.0;
}

std::optional<core::Prediction> predict(const Evidence& evidence, const Column& column, std::size_t instance) {
  const std::optional<std::size_t> choice = column.pick(instance);
  if (!choice) return {};
  return core::Prediction{column.method, static_cast<std::int64_t>(*choice), evidence.responses[instance].at(*choice),
                          value_of(evidence, instance, *choice)};
}

Json known(double value) { return std::isnan(value) ? Json() : Json(value); }
Json known(std::int64_t count) { return count == core::kUnknownCount ? Json() : Json(count); }

Json scores_json(const Experiment& experiment, const Evidence& evidence, std::size_t instance, std::size_t response) {
  Json::Object scores;
  for (std::size_t s = 0; s < evidence.scored.size(); ++s) {
    scores.emplace_back(experiment.scorers[s].name, evidence.scored[s][instance].score[response]);
  }
  return scores;
}

/// A candidate, or a choice, with all that is known of it.
Json response_json(const Experiment& experiment, const Evidence& evidence, std::size_t instance, std::size_t response) {
  Json::Object object;
  if (evidence.kind == TaskKind::kGeneration) {
    object = core::to_json(evidence.generated[instance].candidates[response]).as_object();
    object.emplace_back(experiment.metric_of(evidence.kind), evidence.metric[instance][response]);
  } else {
    object.emplace_back("response", evidence.responses[instance][response]);
  }
  if (!evidence.self_scored.empty()) {
    Json::Object self_score{{"log_likelihood", known(evidence.self_scored[instance].log_likelihood[response])},
                            {"tokens", known(evidence.self_scored[instance].tokens[response])}};
    if (!evidence.unconditional.empty()) {
      self_score.emplace_back("unconditional",
                              known(evidence.unconditional.at(evidence.responses[instance][response])));
    }
    object.emplace_back("self_score", std::move(self_score));
  }
  if (!evidence.scored.empty()) object.emplace_back("scores", scores_json(experiment, evidence, instance, response));
  return object;
}

Json prediction_json(const core::Prediction& prediction, const Column& column) {
  Json::Object object = core::to_json(prediction).as_object();
  if (!column.scorer.empty()) object.insert(object.begin() + 1, {"scorer", column.scorer});
  return object;
}

std::string instance_line(const Experiment& experiment, const Evidence& evidence, std::size_t instance,
                          Json::Array predictions) {
  Json::Object object = core::to_json(evidence.instances[instance]).as_object();
  Json::Array responses;
  for (std::size_t r = 0; r < evidence.responses[instance].size(); ++r) {
    responses.push_back(response_json(experiment, evidence, instance, r));
  }
  object.emplace_back(evidence.kind == TaskKind::kGeneration ? "candidates" : "responses", responses);
  object.emplace_back("predictions", std::move(predictions));
  return core::write_json(object);
}

/// The references of an instance, and how many are too long, where that is known.
void count_references(const Evidence& evidence, std::size_t instance, reports::TaskCounters& counters) {
  const std::int64_t too_long = evidence.generated.empty() ? 0 : evidence.generated[instance].references_too_long;
  if (too_long == core::kUnknownCount) return;
  counters.references += static_cast<std::int64_t>(evidence.instances[instance].references.size());
  counters.references_too_long += too_long;
}

/// Whether an input was cut by either reader, where one of them says so.
void count_input(const Evidence& evidence, std::size_t instance, reports::TaskCounters& counters) {
  const auto generated =
      evidence.generated.empty() ? core::kUnknownCount : evidence.generated[instance].source_tokens_cut;
  const auto scored =
      evidence.self_scored.empty() ? core::kUnknownCount : evidence.self_scored[instance].source_tokens_cut;
  if (generated == core::kUnknownCount && scored == core::kUnknownCount) return;
  ++counters.inputs;
  counters.inputs_cut += generated > 0 || scored > 0;
}

reports::TaskCounters count(const Evidence& evidence) {
  reports::TaskCounters counters;
  counters.task = evidence.task;
  counters.backbone = evidence.backbone;
  counters.instances = static_cast<std::int64_t>(evidence.instances.size());
  for (std::size_t i = 0; i < evidence.instances.size(); ++i) {
    count_references(evidence, i, counters);
    count_input(evidence, i, counters);
  }
  for (const Responses& responses : evidence.responses) {
    counters.responses += static_cast<std::int64_t>(responses.size());
    counters.empty_responses += std::count(responses.begin(), responses.end(), "");
  }
  for (const Generated& generated : evidence.generated) {
    for (const core::Candidate& candidate : generated.candidates) {
      counters.outputs += candidate.end != core::End::kUnknown;
      counters.outputs_at_limit += candidate.end == core::End::kLength;
    }
  }
  for (const SelfScored& scored : evidence.self_scored) {
    if (scored.responses_cut == core::kUnknownCount) continue;
    counters.self_scored += static_cast<std::int64_t>(scored.log_likelihood.size());
    counters.self_scored_cut += scored.responses_cut;
  }
  for (const auto& scorer : evidence.scored) {
    for (const Scored& scored : scorer) {
      if (scored.pairs_cut == core::kUnknownCount) continue;
      counters.pairs += static_cast<std::int64_t>(scored.score.size());
      counters.pairs_cut += scored.pairs_cut;
    }
  }
  return counters;
}

void check(const Evidence& evidence) {
  for (const core::Instance& instance : evidence.instances) {
    const bool good = evidence.kind == TaskKind::kGeneration
                          ? !instance.references.empty()
                          : instance.label && *instance.label >= 0 &&
                                static_cast<std::size_t>(*instance.label) < instance.choices.size();
    if (!good) {
      throw std::runtime_error(
          fmt::format("{}: instance {} has no {}", evidence.task, instance.id,
                      evidence.kind == TaskKind::kGeneration ? "reference" : "label within its choices"));
    }
  }
}

/// Values of one method, as they come: in all, and under each template. One that is not known makes the sum unknown.
struct Tally {
  std::optional<double> sum = 0;
  std::map<std::string, metrics::PartMean> templates;  // `value` is a sum until `conclude`

  void add(const std::string& template_name, std::optional<double> value) {
    add_to(sum, value);
    metrics::PartMean& part = templates.try_emplace(template_name, metrics::PartMean{0.0, 0}).first->second;
    add_to(part.value, value);
    ++part.n;
  }

 private:
  static void add_to(std::optional<double>& total, std::optional<double> value) {
    total = total && value ? std::optional(*total + *value) : std::nullopt;
  }
};

/// Fills in the value of `row`, and adds a row per template where the task has templates.
void conclude(Tally& tally, metrics::Mean mean, core::ResultRow row, Outcome& outcome) {
  std::vector<metrics::PartMean> parts;
  for (auto& [name, part] : tally.templates) {
    if (part.value) part.value = *part.value / static_cast<double>(part.n);
    parts.push_back(part);
  }
  const std::optional<double> pooled =
      tally.sum ? std::optional(*tally.sum / static_cast<double>(row.n)) : std::nullopt;
  row.value = mean == metrics::Mean::kMicro ? pooled : metrics::mean_of_parts(parts, mean);
  outcome.rows.push_back(row);
  for (const auto& [name, part] : tally.templates) {
    if (name.empty()) continue;
    row.value = part.value;
    row.n = part.n;
    outcome.template_rows.push_back({name, row});
  }
}

}  // namespace

Outcome judge(const Experiment& experiment, const Evidence& evidence) {
  check(evidence);
  Outcome outcome;
  const std::vector<Column> columns = make_columns(experiment, evidence);
  std::vector<Tally> tallies(columns.size());
  for (std::size_t i = 0; i < evidence.instances.size(); ++i) {
    Json::Array predictions;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::optional<core::Prediction> prediction = predict(evidence, columns[c], i);
      const std::optional<double> value = prediction ? std::optional(prediction->value) : std::nullopt;
      tallies[c].add(evidence.instances[i].template_name, value);
      if (prediction) predictions.push_back(prediction_json(*prediction, columns[c]));
    }
    outcome.lines.push_back(instance_line(experiment, evidence, i, std::move(predictions)));
  }
  const auto n = static_cast<std::int64_t>(evidence.instances.size());
  const std::string metric = experiment.metric_of(evidence.kind);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    conclude(tallies[c], experiment.average.templates,
             {evidence.task, evidence.kind, evidence.backbone, columns[c].scorer, columns[c].method, metric, {}, n},
             outcome);
  }
  outcome.counters = count(evidence);
  return outcome;
}

}  // namespace run
