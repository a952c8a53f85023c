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
  std::string summary;         // one line, for `cappy help`
  int (*run)(const Words&);    // returns the exit code; throws the errors of harness/core/errors.h
};

/// harness/cli/verbs_light.cc and verbs_torch.cc: the two closed lists.
std::span<const Verb> light_verbs();
std::span<const Verb> torch_verbs();
/// Names and summaries of the verbs in `cappy-torch`, known without loading it.
std::span<const std::pair<std::string, std::string>> torch_verb_summaries();

/// Finds and runs a verb; the one `catch` of the program. Returns the exit code.
int run_program(std::span<const Verb> verbs, const Words& words);

}  // namespace cli
