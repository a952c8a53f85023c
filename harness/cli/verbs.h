// The verbs of `cappy`. Verbs without a model run in `cappy`; the others live in `cappy-torch` beside it, which `cappy` executes
// as git does, so that a verb that needs no model never pays for loading libtorch.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace cli {

/// What follows the verb on the command line.
using Words = std::vector<std::string>;

struct Verb {
  std::string name;
  std::string summary;       // one line, for `cappy help`
  int (*run)(const Words&);  // returns the exit code; throws the errors of harness/core/errors.h
};

/// Name and summary of a verb that lives in the other executable.
struct VerbName {
  std::string name;
  std::string summary;
};

// Without a model (harness/cli/verbs_light.cc lists them).
int run_evaluate(const Words& words);
int run_pull(const Words& words);
int run_render(const Words& words);
int run_report(const Words& words);
int run_rouge(const Words& words);
int run_tasks(const Words& words);
int run_tokenize(const Words& words);

// With a model (harness/cli/verbs_torch.cc).
int run_bench(const Words& words);
int run_generate(const Words& words);
int run_loglikelihood(const Words& words);
int run_models(const Words& words);
int run_run(const Words& words);
int run_score(const Words& words);

/// The two closed lists, by name.
std::span<const Verb> light_verbs();
std::span<const Verb> torch_verbs();
/// What `cappy` knows of the verbs in `cappy-torch`.
std::span<const VerbName> torch_verb_names();

/// Runs one verb: the one `catch` of the program. Errors become one message on standard error and an exit code.
int run_verb(const Verb& verb, const Words& words);

}  // namespace cli
