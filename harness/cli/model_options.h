// The options of every verb with a model, read in one place: --model, --dtype, --weights, --device, --batch-tokens, and
// --protocol where a verb has choices that public code makes silently.
#pragma once

#include <cstdint>

#include "backbones/options.h"
#include "harness/cli/options.h"

namespace cli {

/// What a model is for: the protocol decides how weights are rounded where --weights says nothing.
enum class ModelRole { kBackbone, kScorer };

struct ModelChoice {
  backbones::ModelOptions model;
  backbones::Protocol protocol = backbones::Protocol::kTransformers;
  std::int64_t batch_tokens = 0;  // 0: by memory
};

/// Adds the options to a verb's own.
void add_model_options(po::options_description& own);
/// The same without --model, of verbs that name it otherwise.
void add_precision_options(po::options_description& own);
/// Reads them, and fetches a model of the Hub. Throws core::UsageError where --model is absent, neither a folder nor an
/// id, or a value is unknown; what the Hub's client throws.
ModelChoice model_choice(const po::variables_map& values, ModelRole role);
/// All but the folder. Throws core::UsageError.
ModelChoice precision_choice(const po::variables_map& values, ModelRole role);
/// Adds --truncation-side, of the verbs that cut texts which are too long.
void add_truncation_side(po::options_description& own);
/// Its value. Throws core::UsageError.
tokenizer::TruncationSide truncation_side_of(const po::variables_map& values);
/// --batch-tokens, or 0 where it is absent. Throws core::UsageError.
std::int64_t batch_tokens_of(const po::variables_map& values);

/// The threads of computation for the whole process, from --threads.
void use_threads(const CommonOptions& common);

}  // namespace cli
