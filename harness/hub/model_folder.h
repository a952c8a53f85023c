// A model of the Hub as a folder: its files are fetched into the cache, and the snapshot of their commit, with the
// files under their own names, is the folder.
#pragma once

#include <filesystem>
#include <string>

#include "harness/hub/hub.h"

namespace hub {

/// What is needed of a model: text alone needs no weights.
enum class ModelPart { kWhole, kTokenizer };

struct ModelFolder {
  std::filesystem::path folder;
  std::string commit = {};  // empty: a folder of the user's own, of no repository
};

/// "ORG/NAME", "NAME" or either with "@REVISION". Throws core::ConfigError where it is no id.
Repository model_repository(const std::string& name);

/// Fetches what the cache lacks. Throws HubError, core::FileError, and core::ConfigError where the repository has no
/// weights (or no configuration) that can be read.
ModelFolder fetch_model(Hub& hub, const Repository& repository, ModelPart part);

}  // namespace hub
