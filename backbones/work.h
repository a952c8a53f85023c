// The least arithmetic and the least memory traffic of a network's jobs, to set measured times against what the machine
// can do. Counted are the matrix products, a multiply-add as 2 FLOP; left out are norms, softmax, sampling and every
// product that need not be done: a source encoded twice, cross-attention keys and values made for each row, padding.
// Letters: S source tokens, T own tokens, L layers, D width, A heads times head width, F inner width, V vocabulary. The
// counts of transformers' own networks are the test (tests/golden/work.py).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace backbones {

/// What the counts depend on; `family` is config.json's model_type.
struct NetworkShape {
  std::string family;
  std::int64_t encoder_layers = 0;   // 0: decoder-only
  std::int64_t decoder_layers = 0;   // 0: encoder-only
  std::int64_t width = 0;            // D
  std::int64_t attention_width = 0;  // A
  std::int64_t inner_width = 0;      // F
  std::int64_t inner_matrices = 2;   // of a feed-forward layer; 3 where it is gated
  std::int64_t vocabulary = 0;       // V; 0: no language model
  std::int64_t labels = 1;           // of a scorer's head
  std::int64_t embedding_width = 0;  // of the vocabulary's vectors; other than `width` where they are projected
};

/// Reads `folder`/config.json. Throws core::FileError, also where the architecture is none of ours.
NetworkShape read_network_shape(const std::filesystem::path& folder);

struct Work {
  double flops = 0;
  double bytes = 0;

  Work& operator+=(const Work& other) {
    flops += other.flops;
    bytes += other.bytes;
    return *this;
  }
};

/// FLOP to read S tokens: the encoder with the decoder's cross-attention keys and values, or the pass of a decoder-only
/// network, logits not included; a scorer's head included.
double source_flops(const NetworkShape& shape, std::int64_t source);
/// FLOP of one decoder row, logits included: a token that sees `own` tokens of its row (itself the last) and the
/// source.
double row_flops(const NetworkShape& shape, std::int64_t own, std::int64_t source);
/// FLOP of the T tokens of one response after a source that has been read. The first token of a decoder-only network
/// costs its logits alone: the source's last row gave the state.
double response_flops(const NetworkShape& shape, std::int64_t tokens, std::int64_t source);

/// Weights of the matrices that reading a source takes, and that one decoder step takes.
std::int64_t source_parameters(const NetworkShape& shape);
std::int64_t step_parameters(const NetworkShape& shape);
/// Numbers that one token takes in the decoder's cache of keys and values.
std::int64_t cache_numbers(const NetworkShape& shape);

}  // namespace backbones
