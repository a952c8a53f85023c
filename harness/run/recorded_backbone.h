// Candidates that some model gave before as a backbone: what `cappy generate` and `cappy loglikelihood` wrote, the
// instances of a run, the authors' files with flan_samples, or the samples of lm-evaluation-harness. They are found by
// the text of the instruction. Log-likelihoods are those of the file; others are unknown.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backbones/backbone.h"
#include "harness/run/external_models.h"

namespace run {

/// Reads the files once. Throws core::FileError with the number of a bad line.
///
/// `generate` takes of a record the candidates of the decodings asked for, by name, and throws core::FileError: of how
/// many instructions there is no record, and which come first; a record that lacks a decoding or draws of it. Where an
/// instruction has several different records the first counts, and `log` hears of it. A record of lm-evaluation-harness
/// has one decoding without a name; so must the options.
///
/// `log_likelihood`: that of the re-tokenised text where the file has it (`self_score` of instances, flan_samples,
/// `cappy loglikelihood`, likelihood requests of lm-evaluation-harness), else the candidate's own; NaN where the file
/// knows nothing of a response.
std::unique_ptr<backbones::Backbone> open_recorded_backbone(const RecordedChoice& recorded,
                                                            std::function<void(const std::string&)> log);

}  // namespace run
