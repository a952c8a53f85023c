// `cappy run FILE`: an experiment, start to report. The tables and the report's path go to standard output, all else to
// standard error.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "harness/cli/dataset_hub.h"
#include "harness/cli/model_hub.h"
#include "harness/cli/model_options.h"
#include "harness/cli/options.h"
#include "harness/cli/task_options.h"
#include "harness/core/errors.h"
#include "harness/run/run.h"
#include "reports/report.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

VerbSyntax run_syntax() {
  VerbSyntax syntax;
  syntax.verb = "run";
  syntax.usage = "[options] EXPERIMENT.yaml";
  // clang-format off
  syntax.own.add_options()
    ("runs", po::value<std::string>()->default_value("runs")->value_name("DIR"), "run folders and their store")
    ("batch-tokens", po::value<std::int64_t>()->value_name("N"), "tokens computed at once, at least one row; default: by memory. Never changes a result")
    ("set", po::value<Words>()->composing()->value_name("KEY=VALUE"), "replaces a value of the experiment, such as seeds.generate=7; repeatable");
  // clang-format on
  add_task_options(syntax.own);
  syntax.hidden.add_options()("file", po::value<Words>());
  syntax.positional.add("file", -1);
  return syntax;
}

run::Overrides overrides_of(const po::variables_map& values, const CommonOptions& common) {
  run::Overrides overrides;
  for (const std::string& word : values.count("set") ? values["set"].as<Words>() : Words{}) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos || sign == 0) throw core::UsageError("--set " + word + ": expected KEY=VALUE");
    overrides.emplace_back(word.substr(0, sign), word.substr(sign + 1));
  }
  if (common.limit >= 0) overrides.emplace_back("limit", std::to_string(common.limit));
  return overrides;
}

fs::path experiment_file(const po::variables_map& values) {
  const Words files = values.count("file") ? values["file"].as<Words>() : Words{};
  if (files.size() != 1) {
    throw core::UsageError(
        fmt::format("cappy run: expected one experiment file, got {}; see cappy run --help", files.size()));
  }
  return files[0];
}

}  // namespace

int run_run(const Words& words) {
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, run_syntax(), common, values)) return 0;
  use_threads(common);
  run::RunRequest request;
  request.experiment = run::read_experiment(experiment_file(values), overrides_of(values, common));
  TaskOptions options = read_task_options(find_home(common.home), values);
  options.places.dataset_hub = make_dataset_hub("run", core::progress_mode_from(common.progress));
  request.library = std::move(options.library);
  request.places = std::move(options.places);
  request.runs = values["runs"].as<std::string>();
  request.progress = core::progress_mode_from(common.progress);
  request.batch_tokens = batch_tokens_of(values);
  request.environment = run::this_environment(options.home, common.threads);
  ModelHub model_hub(request.progress);
  run::ModelSource models = run::real_models();
  models.fetch = [&](const hub::Repository& repository) { return model_hub.fetch(repository); };
  const run::RunResult result =
      run::execute(request, models, [](const std::string& line) { std::cerr << line << std::endl; });
  std::cout << reports::tables_text(result.summary) << "\nReport: " << (result.folder / "report.md").string() << '\n';
  return 0;
}

}  // namespace cli
