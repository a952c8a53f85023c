// The words after `cappy models`: one file each.
#pragma once

#include "harness/cli/model_hub.h"
#include "harness/cli/options.h"
#include "harness/cli/verbs.h"

namespace cli {

int run_models_new(const Words& words);
int run_models_inspect(const Words& words);
int run_models_convert(const Words& words);
int run_models_verify(const Words& words);

/// A verb that takes one model behind its options: `DIR|ID`, as --model elsewhere.
VerbSyntax syntax_with_model(const std::string& verb, const std::string& usage);
/// The folder of that model, fetched where it is one of the Hub. Throws core::UsageError where none is named.
hub::ModelFolder model_in(const po::variables_map& values, ModelHub& models);
/// The value of an option that must be there. Throws core::UsageError.
std::string required(const po::variables_map& values, const std::string& name);

}  // namespace cli
