#include "harness/run/stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

#include "harness/metrics/rouge_l.h"

namespace run {
namespace {

using backbones::InstructionResponse;
using core::Instance;
using core::Json;

// Instances between two writes: what a killed run can lose.
constexpr std::size_t kGenerateBatch = 32;
constexpr std::size_t kPairBatch = 64;
constexpr std::size_t kAnnotateBatch = 512;

/// What a model reads of an instance.
using Reading = std::string (*)(const Instance&);
std::string of_backbone(const Instance& instance) { return instance.prompt(); }
std::string of_scorer(const Instance& instance) { return instance.instruction; }

Json count_json(std::int64_t count) { return count == backbones::kUnknown ? Json() : Json(count); }
std::int64_t count_from(const Json& json) { return json.is_null() ? backbones::kUnknown : json.as_integer(); }
Json number_json(double number) { return std::isnan(number) ? Json() : Json(number); }
double number_from(const Json& json) { return json.is_null() ? std::nan("") : json.as_double(); }

/// A sum of counts of which one may be unknown.
void add(std::int64_t& sum, std::int64_t count) {
  sum = sum == backbones::kUnknown || count == backbones::kUnknown ? backbones::kUnknown : sum + count;
}

/// What a call gave; of one that failed on the way what came before, and why it ended.
template <class Result>
struct Answers {
  std::vector<Result> results;
  std::string failure;  // empty: the call gave everything
};

template <class Result, class Call>
Answers<Result> answers_of(const Call& call) {
  try {
    return {call(), ""};
  } catch (const backbones::Unfinished<Result>& error) {
    return {error.results(), error.what()};
  }
}

/// The error of a batch that ended at an instance, or behind the last.
std::exception_ptr failure_at(const TaskInput& task, std::size_t instance, const std::string& reason) {
  const std::string place = instance < task.instances.size() ? ", instance " + task.instances[instance].id : "";
  return std::make_exception_ptr(backbones::CommandError(fmt::format("{}{}: {}", task.name, place, reason)));
}

/// One (instruction, response) pair of each distinct kind in a range of instances, and where each response finds its
/// own.
struct DistinctPairs {
  std::vector<InstructionResponse> pairs;
  std::vector<std::vector<std::size_t>> index;  // [instance - begin][response] -> pairs
  const TaskInput& task;
  std::size_t begin;

  /// The instances whose pairs are all among the first `count`, which came instance by instance.
  std::span<const std::vector<std::size_t>> answered(std::size_t count) const {
    const auto whole = [&](const auto& places) {
      return std::ranges::all_of(places, [&](std::size_t place) { return place < count; });
    };
    return std::span(index).first(static_cast<std::size_t>(std::ranges::find_if_not(index, whole) - index.begin()));
  }
  /// The error of the first instance that is not answered; nullptr where all are.
  template <class Result>
  std::exception_ptr failure(const Answers<Result>& answers) const {
    if (answers.failure.empty()) return nullptr;
    return failure_at(task, begin + answered(answers.results.size()).size(), answers.failure);
  }

  /// `texts`: what the model reads of each instance of the range.
  DistinctPairs(const std::vector<std::string>& texts, std::span<const Responses> responses, const TaskInput& of,
                std::size_t first)
      : task(of), begin(first) {
    std::map<std::pair<std::string, std::string>, std::size_t> seen;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto& places = index.emplace_back();
      for (const std::string& response : responses[i]) {
        const auto [place, is_new] = seen.try_emplace({texts[i], response}, pairs.size());
        if (is_new) pairs.push_back({texts[i], response});
        places.push_back(place->second);
      }
    }
  }
};

/// A range of instances, and what a model reads of each.
struct Range {
  std::size_t begin, end;
  Reading read;
};

DistinctPairs distinct_pairs(const TaskInput& task, const std::vector<Responses>& responses, const Range& range) {
  std::vector<std::string> texts;
  for (std::size_t i = range.begin; i < range.end; ++i) texts.push_back(range.read(task.instances[i]));
  return {texts, std::span(responses).subspan(range.begin, range.end - range.begin), task, range.begin};
}

/// Runs a stage and notes its timings under the names of its task and model.
std::vector<Json> obtain(const StageContext& context, const StageWork& work, const std::string& task,
                         const std::string& model) {
  StageResult result;
  try {
    result = context.store.obtain(work);
  } catch (const backbones::SurplusError& error) {
    context.store.forget(work.key);
    context.open.forget_results();
    throw backbones::CommandError(fmt::format("{}; what it answered in this run is forgotten", error.what()));
  }
  if (result.computed > 0) context.open.note_result(work.key);
  for (const Json& line : result.timings) {
    Json::Object named{{"task", task}, {"model", model}};
    named.insert(named.end(), line.as_object().begin(), line.as_object().end());
    context.timings->push_back(named);
  }
  *context.computed += result.computed;
  return std::move(result.values);
}

StageWork make_work(const StageContext& context, StageKey key, const TaskInput& task, const std::string& model) {
  StageWork work;
  work.key = std::move(key);
  work.title = model.empty() ? fmt::format("{} {}", work.key.stage, task.name)
                             : fmt::format("{} {} with {}", work.key.stage, task.name, model);
  work.count = task.instances.size();
  work.provenance = context.provenance;
  return work;
}

backbones::GenerationOptions generation_options(const StageContext& context) {
  const Experiment& experiment = context.experiment;
  backbones::GenerationOptions options;
  options.batch_tokens = context.batch_tokens;
  options.decodings = experiment.decodings;
  options.protocol = experiment.protocol;
  options.max_length = experiment.lengths.max_length;
  options.min_length = experiment.lengths.min_length;
  options.max_source_length = experiment.lengths.max_source_length;
  options.seed = experiment.seeds.generate;
  options.truncation_side = experiment.lengths.truncation_side;
  return options;
}

/// References that an output of at most max_length - 1 new tokens, its end of sequence included, cannot equal.
std::int64_t count_too_long(const backbones::Backbone& backbone, const Instance& instance, std::int64_t max_length) {
  std::int64_t count = 0;
  for (const std::string& reference : instance.references) {
    const std::int64_t tokens = backbone.count_tokens(reference);
    add(count, tokens == backbones::kUnknown ? tokens : tokens > max_length - 1);
  }
  return count;
}

BatchResult generate_batch(const StageContext& context, const TaskInput& task, const Model& model,
                           std::pair<std::size_t, std::size_t> range) {
  backbones::Backbone& backbone = context.open.backbone(model);
  const backbones::GenerationOptions options = generation_options(context);
  const auto instances = std::span(task.instances).subspan(range.first, range.second - range.first);
  std::vector<std::string> instructions;
  for (const Instance& instance : instances) instructions.push_back(of_backbone(instance));
  const auto answers = answers_of<backbones::Generation>([&] { return backbone.generate(instructions, options); });
  BatchResult result;
  for (std::size_t i = 0; i < answers.results.size(); ++i) {
    const backbones::Generation& generation = answers.results[i];
    Json::Array candidates;
    for (const core::Candidate& candidate : generation.candidates) {
      candidates.push_back(core::to_json(candidate));
      result.tokens += std::max<std::int64_t>(candidate.tokens, 0);
    }
    result.tokens += std::max<std::int64_t>(generation.source_tokens, 0);
    result.lines.push_back(core::write_json(
        Json::Object{{"candidates", candidates},
                     {"source_tokens_cut", count_json(generation.source_tokens_cut)},
                     {"references_too_long", count_json(count_too_long(backbone, instances[i], options.max_length))}}));
  }
  if (!answers.failure.empty())
    result.failure = failure_at(task, range.first + answers.results.size(), answers.failure);
  return result;
}

Generated generated_from(const Json& json) {
  Generated generated;
  for (const Json& candidate : json.at("candidates").as_array())
    generated.candidates.push_back(core::candidate_from_json(candidate));
  generated.source_tokens_cut = count_from(json.at("source_tokens_cut"));
  generated.references_too_long = count_from(json.at("references_too_long"));
  return generated;
}

BatchResult self_score_batch(const StageContext& context, const Model& backbone, const DistinctPairs& distinct) {
  backbones::LikelihoodOptions options;
  options.max_length = context.experiment.lengths.max_response_length;
  options.max_source_length = context.experiment.lengths.max_source_length;
  options.batch_tokens = context.batch_tokens;
  options.truncation_side = context.experiment.lengths.truncation_side;
  const auto answers = answers_of<backbones::LogLikelihood>(
      [&] { return context.open.backbone(backbone).log_likelihood(distinct.pairs, options); });
  BatchResult result;
  for (const auto& value : answers.results) result.tokens += std::max<std::int64_t>(value.tokens, 0);
  for (const auto& places : distinct.answered(answers.results.size())) {
    Json::Array sums, tokens;
    std::int64_t cut = 0, responses_cut = 0;
    for (const std::size_t place : places) {
      const backbones::LogLikelihood& value = answers.results.at(place);
      cut = value.source_tokens_cut;
      add(responses_cut, std::min<std::int64_t>(value.response_tokens_cut, 1));
      sums.push_back(number_json(value.log_likelihood));
      tokens.push_back(count_json(value.tokens));
    }
    result.lines.push_back(core::write_json(Json::Object{{"log_likelihood", sums},
                                                         {"tokens", tokens},
                                                         {"source_tokens_cut", count_json(cut)},
                                                         {"responses_cut", count_json(responses_cut)}}));
  }
  result.failure = distinct.failure(answers);
  return result;
}

BatchResult score_batch(const StageContext& context, const Model& scorer, const DistinctPairs& distinct) {
  cappy::ScoreOptions options;
  options.max_length = context.experiment.lengths.max_pair_length;
  options.batch_tokens = context.batch_tokens;
  options.truncation_side = context.experiment.lengths.truncation_side;
  const auto answers =
      answers_of<cappy::Score>([&] { return context.open.scorer(scorer).score(distinct.pairs, options); });
  BatchResult result;
  for (const auto& value : answers.results) result.tokens += std::max<std::int64_t>(value.tokens, 0);
  for (const auto& places : distinct.answered(answers.results.size())) {
    Json::Array scores;
    std::int64_t cut = 0;
    for (const std::size_t place : places) {
      scores.emplace_back(answers.results.at(place).score);
      add(cut, std::min<std::int64_t>(answers.results[place].tokens_cut, 1));
    }
    result.lines.push_back(core::write_json(Json::Object{{"score", scores}, {"pairs_cut", count_json(cut)}}));
  }
  result.failure = distinct.failure(answers);
  return result;
}

/// The values of the metric's program, or of what came before it failed.
BatchResult measure_batch(CommandMetric& metric, const TaskInput& task, const std::vector<Responses>& responses,
                          std::pair<std::size_t, std::size_t> range) {
  std::vector<ResponseReferences> pairs;
  for (std::size_t i = range.first; i < range.second; ++i)
    for (const std::string& response : responses.at(i)) pairs.push_back({response, task.instances[i].references});
  const auto answers = answers_of<double>([&] { return metric.measure(pairs); });
  BatchResult result;
  std::size_t used = 0;
  for (std::size_t i = range.first; i < range.second; ++i) {
    if (used + responses[i].size() > answers.results.size()) {
      result.failure = failure_at(task, i, answers.failure);
      return result;
    }
    Json::Array values;
    for (std::size_t r = 0; r < responses[i].size(); ++r) values.emplace_back(answers.results[used++]);
    result.lines.push_back(core::write_json(Json::Object{{"value", values}}));
  }
  if (!answers.failure.empty()) result.failure = failure_at(task, range.second, answers.failure);
  return result;
}

std::vector<double> doubles(const Json& list) {
  std::vector<double> values;
  for (const Json& value : list.as_array()) values.push_back(number_from(value));
  return values;
}

/// Instances between two writes. Records are looked up all at once, so that all that are missing are counted.
std::size_t batch_of(const Model& model, std::size_t batch, std::size_t count) {
  return model.choice.recorded ? std::max<std::size_t>(count, 1) : batch;
}

}  // namespace

std::vector<Generated> generate(const StageContext& context, const TaskInput& task, const Model& backbone) {
  StageWork work = make_work(context, generate_key(context.experiment, task, backbone), task, backbone.choice.name);
  work.batch = batch_of(backbone, kGenerateBatch, work.count);
  work.prepare = [&] { context.open.backbone(backbone); };
  work.compute = [&](std::size_t begin, std::size_t end) {
    return generate_batch(context, task, backbone, {begin, end});
  };
  std::vector<Generated> all;
  for (const Json& value : obtain(context, work, task.name, backbone.choice.name)) all.push_back(generated_from(value));
  return all;
}

std::vector<SelfScored> self_score(const StageContext& context, const TaskInput& task, const Model& backbone,
                                   const std::vector<Responses>& responses) {
  StageWork work =
      make_work(context, self_score_key(context.experiment, task, backbone, responses), task, backbone.choice.name);
  work.batch = kPairBatch;
  work.prepare = [&] { context.open.backbone(backbone); };
  work.compute = [&](std::size_t begin, std::size_t end) {
    return self_score_batch(context, backbone, distinct_pairs(task, responses, {begin, end, of_backbone}));
  };
  std::vector<SelfScored> all;
  for (const Json& value : obtain(context, work, task.name, backbone.choice.name)) {
    SelfScored& scored = all.emplace_back(SelfScored{doubles(value.at("log_likelihood")),
                                                     {},
                                                     count_from(value.at("source_tokens_cut")),
                                                     count_from(value.at("responses_cut"))});
    for (const Json& tokens : value.at("tokens").as_array()) scored.tokens.push_back(count_from(tokens));
  }
  return all;
}

std::map<std::string, double> unconditional(const StageContext& context, const TaskInput& task, const Model& backbone,
                                            const std::vector<Responses>& responses) {
  std::map<std::string, double> values;
  for (const Responses& list : responses) {
    for (const std::string& response : list) values.emplace(response, 0);
  }
  const std::vector<Instance> empty_instructions(values.size());
  std::vector<Responses> distinct;
  for (const auto& [response, value] : values) distinct.push_back({response});
  const auto scored = self_score(context, {task.name + ", no instruction", empty_instructions}, backbone, distinct);
  for (std::size_t i = 0; auto& [response, value] : values) value = scored[i++].log_likelihood.at(0);
  return values;
}

std::vector<std::vector<double>> annotate(const StageContext& context, const TaskInput& task,
                                          const std::vector<Responses>& responses) {
  StageWork work = make_work(context, annotate_key(task, responses), task, "");
  work.batch = kAnnotateBatch;
  metrics::RougeL rouge;
  work.compute = [&](std::size_t begin, std::size_t end) {
    BatchResult result;
    for (std::size_t i = begin; i < end; ++i) {
      Json::Array values;
      for (const std::string& response : responses.at(i))
        values.emplace_back(rouge.score(response, task.instances[i].references));
      result.lines.push_back(core::write_json(Json::Object{{"rouge_l", values}}));
    }
    return result;
  };
  std::vector<std::vector<double>> all;
  for (const Json& value : obtain(context, work, task.name, "")) all.push_back(doubles(value.at("rouge_l")));
  return all;
}

std::vector<std::vector<double>> measure(const StageContext& context, const TaskInput& task, const Model& metric,
                                         const std::vector<Responses>& responses) {
  StageWork work = make_work(context, measure_key(task, metric, responses), task, metric.choice.name);
  work.batch = kPairBatch;
  work.prepare = [&] { context.open.metric(metric); };
  work.compute = [&](std::size_t begin, std::size_t end) {
    return measure_batch(context.open.metric(metric), task, responses, {begin, end});
  };
  std::vector<std::vector<double>> all;
  for (const Json& value : obtain(context, work, task.name, metric.choice.name))
    all.push_back(doubles(value.at("value")));
  return all;
}

std::vector<Scored> score(const StageContext& context, const TaskInput& task, const Model& scorer,
                          const std::vector<Responses>& responses) {
  StageWork work = make_work(context, score_key(context.experiment, task, scorer, responses), task, scorer.choice.name);
  work.batch = batch_of(scorer, kPairBatch, work.count);
  work.prepare = [&] { context.open.scorer(scorer); };
  work.compute = [&](std::size_t begin, std::size_t end) {
    return score_batch(context, scorer, distinct_pairs(task, responses, {begin, end, of_scorer}));
  };
  std::vector<Scored> all;
  for (const Json& value : obtain(context, work, task.name, scorer.choice.name)) {
    all.push_back({doubles(value.at("score")), count_from(value.at("pairs_cut"))});
  }
  return all;
}

}  // namespace run
