// Models by `--model DIR|ID`: a folder that is there, else the Hub, with progress on standard error.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/cli/hub_progress.h"
#include "harness/hub/model_folder.h"

namespace cli {

/// One for a process, so that a branch is asked about once. The client is made at the first question: with a folder
/// nobody looks at the variables of the Hub.
class ModelHub {
 public:
  explicit ModelHub(core::ProgressMode mode) : progress_("--model", mode) {}

  /// The folder of that name where there is one, else the Hub's "ORG/NAME[@REVISION]". Throws core::UsageError where it
  /// is neither, and what the Hub's client throws.
  hub::ModelFolder find(const std::string& name, hub::ModelPart part = hub::ModelPart::kWhole);
  /// A model of the Hub. Throws hub::HubError, core::ConfigError, core::FileError.
  hub::ModelFolder fetch(const hub::Repository& repository, hub::ModelPart part = hub::ModelPart::kWhole);

 private:
  HubProgress progress_;
  std::optional<hub::Hub> hub_;
};

}  // namespace cli
