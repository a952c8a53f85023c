// cappy bench: how fast a model works here, and what share of the machine that is.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "harness/cli/bench_report.h"
#include "harness/cli/model_options.h"
#include "harness/cli/verbs.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace cli {
namespace {

constexpr double kQuiet = 0.9;  // idle share below which times are not to be trusted

struct BenchChoice {
  ModelChoice model;
  std::vector<BenchJob> jobs;  // none: all that fit
  std::string inputs;          // a file; "": made up
  std::int64_t limit = -1;     // of lines of the file
  std::int64_t items = 0;      // made-up instructions; 0: by job
  std::vector<backbones::Decoding> decodings;
  BenchLengths lengths;
  double seconds = 0;        // of a job, the warm-up left out
  std::int64_t repeats = 0;  // passes; 0: until the seconds are over
  bool json = false;
};

void add_bench_options(po::options_description& own) {
  // clang-format off
  own.add_options()
    ("job", po::value<std::string>()->value_name("LIST"),
     "tokenize, encode, loglikelihood, generate (T5, OPT); tokenize, score (RoBERTa); several with commas; default: all that fit")
    ("inputs", po::value<std::string>()->value_name("FILE"),
     "JSON Lines with instruction, and response for loglikelihood and score; default: made-up texts")
    ("items", po::value<std::int64_t>()->value_name("N"), "made-up texts; default: 8 for generate and loglikelihood, else 32")
    ("source-tokens", po::value<std::int64_t>()->value_name("N"),
     "of an instruction, of a pair for score; texts are cut to it; default: 64, with --inputs 512")
    ("response-tokens", po::value<std::int64_t>()->value_name("N"),
     "of a response, for loglikelihood; texts are cut to it; default: 16, with --inputs 512")
    ("new-tokens", po::value<std::int64_t>()->default_value(15)->value_name("N"), "that generate makes of every candidate: none ends before")
    ("decoding", po::value<std::string>()->default_value("paper")->value_name("NAME|FILE"), "of generate, as there")
    ("seconds", po::value<double>()->default_value(5)->value_name("S"), "passes over the inputs go on for so long, at least one pass a job")
    ("repeats", po::value<std::int64_t>()->value_name("N"), "passes over the inputs, whatever they take")
    ("json", po::bool_switch(), "JSON instead of a table");
  // clang-format on
}

std::int64_t positive(const po::variables_map& values, const std::string& name, std::int64_t absent) {
  if (!values.count(name)) return absent;
  const auto number = values[name].as<std::int64_t>();
  if (number < 1) throw core::UsageError(fmt::format("--{} {}: expected a number from 1", name, number));
  return number;
}

BenchChoice bench_choice(const po::variables_map& values, const CommonOptions& common) {
  BenchChoice choice;
  if (values.count("job"))
    for (const auto name : core::split(values["job"].as<std::string>(), ","))
      choice.jobs.push_back(bench_job_from(std::string(core::strip(name))));
  if (values.count("inputs")) choice.inputs = values["inputs"].as<std::string>();
  const bool made_up = choice.inputs.empty();
  if (!made_up && values.count("items")) throw core::UsageError("--items: of made-up texts; for a file say --limit");
  choice.limit = common.limit;
  choice.items = positive(values, "items", 0);
  choice.decodings = backbones::decodings_from(values["decoding"].as<std::string>());
  choice.lengths = {positive(values, "source-tokens", made_up ? 64 : 512),
                    positive(values, "response-tokens", made_up ? 16 : 512), positive(values, "new-tokens", 15)};
  choice.seconds = values["seconds"].as<double>();
  if (!(choice.seconds >= 0)) throw core::UsageError("--seconds: expected a number from 0");
  choice.repeats = positive(values, "repeats", 0);
  choice.json = values["json"].as<bool>();
  choice.model = model_choice(values, ModelRole::kBackbone);
  return choice;
}

BenchInputs made_up_inputs(BenchJob job, const BenchChoice& choice) {
  const bool heavy = job == BenchJob::kGenerate || job == BenchJob::kLogLikelihood;
  MadeUp wanted;
  wanted.instructions = choice.items > 0 ? choice.items : heavy ? 8 : 32;
  wanted.words = choice.lengths.source;
  if (job == BenchJob::kLogLikelihood) {
    wanted.responses = 17;
    wanted.response_words = choice.lengths.response;
  } else if (job == BenchJob::kScore) {
    wanted.responses = 1;
    wanted.response_words = 4;
  }
  return make_bench_inputs(wanted);
}

bool needs_pairs(BenchJob job) { return job == BenchJob::kLogLikelihood || job == BenchJob::kScore; }

/// The jobs to do: those asked for, else all that fit the model and the inputs.
std::vector<BenchJob> jobs_of(const BenchChoice& choice, const BenchModel& model, const BenchInputs* file) {
  const std::vector<BenchJob> fit = model.jobs();
  for (const BenchJob job : choice.jobs) {
    if (std::ranges::count(fit, job) == 0)
      throw core::UsageError(fmt::format("--job {}: not of a {} model", to_string(job), model.shape().family));
    if (file && needs_pairs(job) && file->pairs.empty())
      throw core::FileError(choice.inputs, fmt::format("no field 'response', which --job {} needs", to_string(job)));
  }
  if (!choice.jobs.empty()) return choice.jobs;
  std::vector<BenchJob> jobs;
  for (const BenchJob job : fit)
    if (!file || !needs_pairs(job) || !file->pairs.empty()) jobs.push_back(job);
  return jobs;
}

/// One input, whose pass makes memory, threads and kernels ready.
BenchInputs first_of(const BenchInputs& inputs) {
  BenchInputs first;
  first.instructions.assign(inputs.instructions.begin(), inputs.instructions.begin() + 1);
  if (!inputs.pairs.empty()) first.pairs.assign(inputs.pairs.begin(), inputs.pairs.begin() + 1);
  return first;
}

JobResult measure(BenchJob job, BenchModel& model, const BenchInputs& inputs, const BenchChoice& choice) {
  model.run(job, first_of(inputs), choice.lengths);
  JobResult result;
  result.job = job;
  const ProcessorTicks before = read_ticks();
  double total = 0;
  std::int64_t peak = 0;
  do {
    result.pass = model.run(job, inputs, choice.lengths);
    result.seconds.push_back(result.pass.cost.seconds);
    total += result.seconds.back();
    peak = std::max(peak, result.pass.cost.peak_memory);
  } while (choice.repeats > 0 ? static_cast<std::int64_t>(result.seconds.size()) < choice.repeats
                              : total < choice.seconds);
  result.pass.cost.peak_memory = peak;
  result.others = others_share(before, read_ticks());
  return result;
}

BenchResult run_jobs(const BenchChoice& choice, int threads) {
  BenchResult result;
  result.model = choice.model.model;
  result.threads = threads;
  std::optional<BenchInputs> file;
  if (!choice.inputs.empty()) file = read_bench_inputs(choice.inputs, choice.limit);
  result.idle_before = watch_idle_share();
  result.roof = measure_roof(choice.model.model);
  BenchModel model(choice.model.model, choice.model.batch_tokens, choice.decodings);
  result.family = model.shape().family;
  for (const BenchJob job : jobs_of(choice, model, file ? &*file : nullptr))
    result.jobs.push_back(measure(job, model, file ? *file : made_up_inputs(job, choice), choice));
  result.idle_after = watch_idle_share();
  return result;
}

void warn_of_others(const BenchResult& result) {
  double others = std::max(1 - result.idle_before, 1 - result.idle_after);
  for (const JobResult& job : result.jobs) others = std::max(others, job.others);
  if (others > 1 - kQuiet)
    fmt::print(stderr, "warning: other programs used up to {:.0f} % of this machine: do not trust these times\n",
               100 * others);
}

}  // namespace

int run_bench(const Words& words) {
  VerbSyntax syntax{"bench", "--model DIR|ID [options]"};
  add_model_options(syntax.own);
  add_bench_options(syntax.own);
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const BenchChoice choice = bench_choice(values, common);
  use_threads(common);
  const BenchResult result = run_jobs(choice, common.threads);
  std::cout << (choice.json ? bench_json(result) : bench_text(result));
  warn_of_others(result);
  return 0;
}

}  // namespace cli
