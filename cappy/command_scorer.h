// A program of the user's as a scorer: as backbones/command_backbone.h, with
//
//   {"instruction", "response", "max_length"} -> "score"
#pragma once

#include <memory>

#include "backbones/child_process.h"
#include "cappy/scorer.h"

namespace cappy {

/// Finds the program; it starts with the first question. Throws backbones::CommandError where there is none. Of its
/// scores the tokens are unknown. `score` throws backbones::Unfinished with the scores that came before a failure.
std::unique_ptr<Scorer> open_command_scorer(const backbones::CommandOptions& options);

}  // namespace cappy
