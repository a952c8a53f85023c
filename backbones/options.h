// What a user chooses about a model and about decoding: one struct per concept, no tensors, so that callers need no
// torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "backbones/tokenizer/truncation.h"

namespace core {
class Yaml;
}

namespace backbones {

/// A number format. Storage of weights and arithmetic are chosen apart (`--weights`, `--dtype`).
enum class NumberFormat { kFloat32, kFloat16, kBfloat16, kInt8 };
/// "float32", "float16", "bfloat16", "int8". Throws core::UsageError with the known names.
NumberFormat number_format_from(const std::string& name);
std::string to_string(NumberFormat format);

/// The choices that public code makes silently, under one name (docs/architecture.md, "Protocols").
enum class Protocol { kTransformers, kCappy2023, kT0, kLmEval };
Protocol protocol_from(const std::string& name);
std::string to_string(Protocol protocol);

/// How a checkpoint is loaded and computed.
struct ModelOptions {
  std::filesystem::path folder;                 // layout of the Hugging Face Hub: config.json, tokenizer files, weights
  NumberFormat dtype = NumberFormat::kFloat32;  // arithmetic
  std::optional<NumberFormat> weights;          // every weight is rounded to it before use; absent: as stored
  std::string device = "cpu";                   // "cpu", "cuda", "cuda:1": as torch::Device reads it
  std::string label = "";  // of a scorer with a classification head: whose probability is the score
};

/// One setting of decoding, with transformers' parameter names and defaults.
struct Decoding {
  std::string name;  // what `Candidate::decoding` says
  bool do_sample = false;
  int num_beams = 1;
  int num_return_sequences = 1;  // draws of a sampling; best beams of a beam search
  double temperature = 1.0;      // > 0
  int top_k = 50;                // 0: off
  double top_p = 1.0;            // in (0, 1]; 1: off
  double length_penalty = 1.0;   // exponent of the length that divides a beam's sum
  enum class EarlyStopping { kFalse, kTrue, kNever };
  EarlyStopping early_stopping = EarlyStopping::kFalse;
  std::vector<std::string> stop_strings = {};  // each ends a sequence with the token that completes it
};

/// "greedy", "beam:4", "sample:4", "paper" (the 17 candidates: beam4 and 4 draws each of sampling, temp0.9, topk40,
/// topp0.95), or the path of a YAML list. Throws core::ConfigError or core::UsageError.
std::vector<Decoding> decodings_from(const std::string& text);
/// The same of a YAML list, wherever it stands: in a file of its own or inside an experiment.
std::vector<Decoding> decodings_from(const core::Yaml& list);
/// Canonical JSON of what changes the sequences (all parameters but name and num_return_sequences; stop_strings where
/// there are some): its hash keys the random numbers.
std::string parameters_json(const Decoding& decoding);

inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

struct GenerationOptions {
  std::vector<Decoding> decodings;
  Protocol protocol = Protocol::kTransformers;
  std::int64_t max_length = 64;          // tokens with the decoder start: at most max_length - 1 new ones
  std::int64_t min_length = 0;           // as the protocol counts it
  std::int64_t max_source_length = 512;  // tokens of the instruction, end of sequence included
  std::uint64_t seed = 0;
  std::int64_t batch_tokens = 0;  // tokens computed at once, at least one row; 0: by memory. Never changes a result
  tokenizer::TruncationSide truncation_side = tokenizer::TruncationSide::kRight;  // of instructions
};

struct LikelihoodOptions {
  std::int64_t max_length = kNoLimit;  // tokens of the response, end of sequence included
  std::int64_t max_source_length = 512;
  std::int64_t batch_tokens = 0;
  tokenizer::TruncationSide truncation_side = tokenizer::TruncationSide::kRight;  // of instructions
};

}  // namespace backbones
