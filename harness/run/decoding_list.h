// The `decoding` key of an experiment: a name ("paper", "beam:4"), a file, a list of names, or a list of maps with
// transformers' parameter names and defaults.
#pragma once

#include <filesystem>
#include <vector>

#include "backbones/options.h"
#include "harness/core/yaml.h"

namespace run {

/// Throws core::ConfigError. Files are relative to `folder`.
std::vector<backbones::Decoding> read_decodings(const core::Yaml& yaml, const std::filesystem::path& folder);

}  // namespace run
