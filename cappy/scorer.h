// What scores: the higher, the better the response answers the instruction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "backbones/backbone.h"

namespace cappy {

struct ScoreOptions {
  std::int64_t max_length = 512;  // tokens of the pair, special tokens included
  std::int64_t batch_tokens = 0;  // tokens computed at once, at least one pair; 0: by memory. Never changes a result
  tokenizer::TruncationSide truncation_side = tokenizer::TruncationSide::kRight;
};

struct Score {
  double score = 0;             // the raw logit of the regression head
  std::int64_t tokens = 0;      // of the pair as the model read it; or backbones::kUnknown
  std::int64_t tokens_cut = 0;  // tokens that max_length cut off; or backbones::kUnknown
};

/// A pair that cannot be scored, by its place in the call.
class PairError : public std::runtime_error {
 public:
  PairError(std::size_t pair, const std::string& message);  // "pair 3: message", counted from 1
  std::size_t pair() const { return pair_; }                // counted from 0
  const std::string& reason() const { return reason_; }     // the message alone

 private:
  std::size_t pair_;
  std::string reason_;
};

class Scorer {
 public:
  virtual ~Scorer() = default;
  /// One score per pair, in order; equal pairs are computed once. Throws PairError where a score is not
  /// finite or a pair is longer than the model's positions.
  virtual std::vector<Score> score(std::span<const backbones::InstructionResponse> pairs,
                                   const ScoreOptions& options) = 0;
  /// Nothing more will be asked: a program ends. Throws backbones::SurplusError where it had more to say than was asked
  /// for.
  virtual void finish() {}
};

/// Opens a RoBERTa with a regression head (num_labels 1). Throws core::FileError or core::ConfigError.
std::unique_ptr<Scorer> load_scorer(const backbones::ModelOptions& options);

}  // namespace cappy
