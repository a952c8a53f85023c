// Randomly initialised models: a T5, an OPT or a RoBERTa scorer in the Hub's layout, as stand-ins where no trained
// model is at hand. Their weights are scaled, not as a training would start, but so that they behave like trained ones
// from outside: outputs of the T5 and the OPT end at varied lengths whatever the decoding, and depend on the input;
// scores of the RoBERTa spread over about [0, 1] and depend on the instruction and on the response. The numbers mean
// nothing: config.json says `random_weights`.
#pragma once

#include <cstdint>
#include <filesystem>

namespace backbones {

/// Writes a new model folder `out` after a YAML or JSON file with `architecture: t5`, `opt` or `roberta`, `tokenizer:
/// FOLDER` (relative to the file), values under the names of the architecture's config.json, and `scale:`
/// (configs/miniature shows both). Same file, tokenizer and seed: same bytes, on every machine. Atomic; an existing
/// `out` is an error. Throws core::ConfigError, core::FileError.
void make_new_model(const std::filesystem::path& file, std::uint64_t seed, const std::filesystem::path& out);

/// Whether config.json says that nobody trained this model. Throws core::FileError where there is no readable
/// config.json.
bool has_random_weights(const std::filesystem::path& folder);

}  // namespace backbones
