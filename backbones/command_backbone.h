// A program of the user's as a backbone: it reads JSON Lines and answers each with one, in order, as the filters of
// `cappy` do, and stays alive from call to call. What it is asked and what it may answer is in docs/external_models.md.
//
//   {"instruction", "decodings": […], "max_length", "min_length", "max_source_length", "seed", "protocol"}
//      -> "candidates": [{"response", "decoding", "draw"[, "ids", "log_likelihood", "tokens", "end"]}, …]
//   {"instruction", "response"[, "max_length"], "max_source_length"}
//      -> "log_likelihood", "tokens"; null: unknown
//
// Fields of the question may come back as they were; any other field is an error.
#pragma once

#include <memory>

#include "backbones/backbone.h"
#include "backbones/child_process.h"

namespace backbones {

/// Finds the program; it starts with the first question. Throws CommandError where there is none.
///
/// What a program leaves out is unknown: a log-likelihood is NaN, a count of tokens kUnknown, `ids` empty, an end
/// core::End::kUnknown; nothing is known of what was cut, and `count_tokens` is kUnknown for every text. `generate` and
/// `log_likelihood` throw Unfinished with the results that came before a failure.
std::unique_ptr<Backbone> open_command_backbone(const CommandOptions& options);

}  // namespace backbones
