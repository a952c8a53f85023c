// The candidates of instructions: every decoding of every instruction, decoded together. An instruction is read once;
// all its rows (for the paper 4 beams and 16 draws) feed one token a step, beside those of its neighbours; rows and
// instructions that have finished leave at once, and when half of the batch has left, the next instructions come in.
// The first step of an instruction has one row: nothing distinguishes its searches yet. What a row becomes depends on
// its own logits and on its own draw key alone, so that batch, order and threads cannot change a candidate.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/decoding/network.h"
#include "backbones/decoding/sequence.h"
#include "backbones/decoding/stop_strings.h"
#include "backbones/options.h"

namespace decoding {

/// An instruction as the network reads it.
struct Source {
  Ids ids;                        // special tokens included, at most max_source_length: cut by the caller
  std::uint64_t instruction = 0;  // core::hash64 of the instruction's bytes: keys the random draws
};

/// Rows that one instruction needs at most: beams and draws of all decodings.
std::int64_t rows_per_source(const backbones::GenerationOptions& options);

/// Decodes all `sources`, in their order (by length is fastest), as many at once as `batch_tokens` says;
/// `max_source_length` is the caller's. One list per source: by decoding, then draw. `texts`, by token, are needed
/// where a decoding has stop strings. Throws std::invalid_argument where the options make no sense (no decoding,
/// max_length below 2) or leave a prompt no room, std::runtime_error where logits are not finite.
std::vector<std::vector<Sequence>> decode(const Network& network, std::span<const Source> sources,
                                          const backbones::GenerationOptions& options, const TokenTexts& texts = {});

}  // namespace decoding
