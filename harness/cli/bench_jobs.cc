#include "harness/cli/bench_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <unordered_set>

#include "backbones/roberta.h"
#include "harness/core/errors.h"

namespace cli {
namespace {

constexpr std::array kJobs = {BenchJob::kTokenize, BenchJob::kEncode, BenchJob::kLogLikelihood, BenchJob::kGenerate,
                              BenchJob::kScore};

/// Of weights that are stored in the format that the options ask for, where a kernel for it is in use.
double bytes_of_weight(const backbones::ModelOptions& options) {
  using backbones::NumberFormat;
  if (options.dtype == NumberFormat::kInt8) return 1;
  const NumberFormat weights = options.weights.value_or(options.dtype);
  const bool half = weights == NumberFormat::kFloat16 || weights == NumberFormat::kBfloat16;
  return half || options.dtype == NumberFormat::kBfloat16 ? 2 : 4;
}

/// The options with a label for a scorer that tells several apart: its time does not depend on which.
backbones::ModelOptions labelled(backbones::ModelOptions options) {
  const std::vector<std::string> labels = backbones::read_roberta_config(options.folder).labels;
  if (labels.size() > 1) options.label = labels.front();
  return options;
}

}  // namespace

BenchJob bench_job_from(const std::string& name) {
  std::vector<std::string> names;
  for (const BenchJob job : kJobs) {
    names.push_back(to_string(job));
    if (names.back() == name) return job;
  }
  throw core::UsageError(
      fmt::format("--job {}: expected {}{}", name, fmt::join(names, ", "), core::did_you_mean(name, names)));
}

std::string to_string(BenchJob job) {
  switch (job) {
    case BenchJob::kTokenize:
      return "tokenize";
    case BenchJob::kEncode:
      return "encode";
    case BenchJob::kLogLikelihood:
      return "loglikelihood";
    case BenchJob::kGenerate:
      return "generate";
    case BenchJob::kScore:
      return "score";
  }
  throw std::invalid_argument("to_string: no such job");
}

BenchModel::BenchModel(const backbones::ModelOptions& options, std::int64_t batch_tokens,
                       std::vector<backbones::Decoding> decodings)
    : shape_(backbones::read_network_shape(options.folder)),
      bytes_per_weight_(bytes_of_weight(options)),
      batch_tokens_(batch_tokens),
      decodings_(std::move(decodings)),
      tokenizer_(tokenizer::load_tokenizer(options.folder)) {
  if (shape_.decoder_layers > 0) {
    backbone_ = backbones::load_backbone(options);
  } else {
    scorer_ = cappy::load_scorer(labelled(options));
  }
}

std::vector<BenchJob> BenchModel::jobs() const {
  if (scorer_) return {BenchJob::kTokenize, BenchJob::kScore};
  return {BenchJob::kTokenize, BenchJob::kEncode, BenchJob::kLogLikelihood, BenchJob::kGenerate};
}

Pass BenchModel::run(BenchJob job, const BenchInputs& inputs, const BenchLengths& lengths) {
  if (std::ranges::count(jobs(), job) == 0)
    throw std::invalid_argument(fmt::format("{} is no job of a {}", to_string(job), shape_.family));
  switch (job) {
    case BenchJob::kTokenize:
      return tokenize(inputs);
    case BenchJob::kEncode:
      return encode(inputs, lengths);
    case BenchJob::kLogLikelihood:
      return log_likelihood(inputs, lengths);
    case BenchJob::kGenerate:
      return generate(inputs, lengths);
    case BenchJob::kScore:
      return score(inputs, lengths);
  }
  throw std::invalid_argument("BenchModel::run: no such job");
}

Pass BenchModel::tokenize(const BenchInputs& inputs) {
  Pass pass;
  const run::Stopwatch watch;
  for (const std::string& text : inputs.instructions)
    pass.tokens += static_cast<std::int64_t>(tokenizer_->encode(text).ids.size());
  pass.cost = watch.cost();
  pass.items = static_cast<std::int64_t>(inputs.instructions.size());
  for (const std::string& text : inputs.instructions) pass.work.bytes += static_cast<double>(text.size());
  return pass;
}

// The pass over instructions alone is the log-likelihood of no text: one decoder row, the end of sequence, comes along
// and is counted.
Pass BenchModel::encode(const BenchInputs& inputs, const BenchLengths& lengths) {
  std::vector<backbones::InstructionResponse> pairs;
  for (const std::string& instruction : inputs.instructions) pairs.push_back({instruction, ""});
  Pass pass = read_pairs(pairs, lengths);
  pass.tokens = 0;
  for (const std::string& instruction : inputs.instructions) pass.tokens += source_tokens(instruction, lengths);
  return pass;
}

Pass BenchModel::log_likelihood(const BenchInputs& inputs, const BenchLengths& lengths) {
  return read_pairs(inputs.pairs, lengths);
}

Pass BenchModel::read_pairs(const std::vector<backbones::InstructionResponse>& pairs, const BenchLengths& lengths) {
  Pass pass;
  const run::Stopwatch watch;
  const auto results = backbone_->log_likelihood(
      pairs, {.max_length = lengths.response, .max_source_length = lengths.source, .batch_tokens = batch_tokens_});
  pass.cost = watch.cost();
  pass.items = static_cast<std::int64_t>(pairs.size());
  pass.work.bytes = weight_bytes(source_parameters(shape_) + step_parameters(shape_));
  std::unordered_set<std::string_view> seen;  // an instruction is read once
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::int64_t source = source_tokens(pairs[i].instruction, lengths);
    if (seen.insert(pairs[i].instruction).second) pass.work += {source_flops(shape_, source), cache_bytes(source)};
    pass.tokens += results[i].tokens;
    pass.work += {response_flops(shape_, results[i].tokens, source), cache_bytes(results[i].tokens)};
  }
  return pass;
}

Pass BenchModel::generate(const BenchInputs& inputs, const BenchLengths& lengths) {
  backbones::GenerationOptions options;
  options.decodings = decodings_;
  options.max_source_length = lengths.source;
  options.batch_tokens = batch_tokens_;
  const std::int64_t before = shape_.encoder_layers > 0 ? 1 : lengths.source;  // the decoder's start, or the prompt
  options.max_length = options.min_length = before + lengths.generated;
  Pass pass;
  const run::Stopwatch watch;
  const std::vector<backbones::Generation> generations = backbone_->generate(inputs.instructions, options);
  pass.cost = watch.cost();
  pass.items = static_cast<std::int64_t>(inputs.instructions.size());
  std::int64_t steps = 0;
  for (const backbones::Generation& generation : generations) {
    for (const core::Candidate& candidate : generation.candidates) pass.tokens += candidate.tokens;
    const std::int64_t length = generation.candidates.front().tokens;  // all have it
    pass.work += generation_work(generation.source_tokens, length);
    steps = std::max(steps, length);
  }
  pass.work.bytes += weight_bytes(source_parameters(shape_) + steps * step_parameters(shape_));
  return pass;
}

backbones::Work BenchModel::generation_work(std::int64_t source, std::int64_t length) const {
  std::int64_t rows = 0;
  for (const backbones::Decoding& decoding : decodings_)
    rows += decoding.do_sample ? decoding.num_return_sequences : decoding.num_beams;
  backbones::Work work;
  work.flops = source_flops(shape_, source) + static_cast<double>(rows) * response_flops(shape_, length, source);
  for (std::int64_t step = 1; step <= length; ++step) work.bytes += cache_bytes(source + rows * step);
  return work;
}

Pass BenchModel::score(const BenchInputs& inputs, const BenchLengths& lengths) {
  Pass pass;
  const run::Stopwatch watch;
  const std::vector<cappy::Score> scores =
      scorer_->score(inputs.pairs, {.max_length = lengths.source, .batch_tokens = batch_tokens_});
  pass.cost = watch.cost();
  pass.items = static_cast<std::int64_t>(inputs.pairs.size());
  pass.work.bytes = weight_bytes(source_parameters(shape_));
  for (const cappy::Score& score : scores) {
    pass.tokens += score.tokens;
    pass.work.flops += source_flops(shape_, score.tokens);
  }
  return pass;
}

std::int64_t BenchModel::source_tokens(const std::string& text, const BenchLengths& lengths) const {
  return static_cast<std::int64_t>(tokenizer_->encode(text, lengths.source).ids.size());
}

double BenchModel::weight_bytes(std::int64_t parameters) const {
  return bytes_per_weight_ * static_cast<double>(parameters);
}

double BenchModel::cache_bytes(std::int64_t tokens) const {
  return static_cast<double>(tokens * backbones::cache_numbers(shape_)) * sizeof(float);
}

}  // namespace cli
