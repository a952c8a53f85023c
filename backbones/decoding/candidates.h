// The candidates of instructions: every decoding of every instruction, decoded together. A batch is encoded once; all
// its rows (for the paper 4 beams and 16 draws an instruction) feed one token a step in lockstep; rows and instructions
// that have finished leave at once. What a row becomes depends on its own logits and on its own draw key alone, so that
// batch, order and threads cannot change a candidate.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/decoding/decoder_session.h"
#include "backbones/decoding/sequence.h"
#include "backbones/options.h"

namespace decoding {

/// An instruction as the network reads it.
struct Source {
  std::vector<std::int32_t> ids;  // end of sequence included, at most max_source_length: cut by the caller
  std::uint64_t instruction = 0;  // core::hash64 of the instruction's bytes: keys the random draws
};

/// Rows that one instruction needs at the start: beams and draws of all decodings.
std::int64_t rows_per_source(const backbones::GenerationOptions& options);

/// Decodes all `sources` in one batch (`max_source_length` and `batch_tokens` are the caller's: it cuts and it splits).
/// One list per source, in order: by decoding, then draw. Throws std::invalid_argument where the options make no sense
/// (no decoding, max_length below 2), std::runtime_error where logits are not finite.
std::vector<std::vector<Sequence>> decode(const Seq2SeqNetwork& network, std::span<const Source> sources,
                                          const backbones::GenerationOptions& options);

}  // namespace decoding
