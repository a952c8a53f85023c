// The jobs that `cappy bench` times, all on one loaded model through the interfaces that every other verb uses, so that
// what is timed is what users get: texts in, tokenised within the time, results out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbones/backbone.h"
#include "backbones/tokenizer/tokenizer.h"
#include "backbones/work.h"
#include "cappy/scorer.h"
#include "harness/cli/bench_inputs.h"
#include "harness/run/measure.h"

namespace cli {

enum class BenchJob { kTokenize, kEncode, kLogLikelihood, kGenerate, kScore };
/// "tokenize", "encode", "loglikelihood", "generate", "score". Throws core::UsageError.
BenchJob bench_job_from(const std::string& name);
std::string to_string(BenchJob job);

/// Lengths in tokens, special tokens included; texts are cut to them.
struct BenchLengths {
  std::int64_t source = 512;    // of an instruction; of a pair where a scorer reads it
  std::int64_t response = 512;  // of a response whose log-likelihood is asked
  std::int64_t generated = 15;  // of every candidate: none ends before
};

/// One pass over the inputs.
struct Pass {
  run::Cost cost;
  std::int64_t items = 0;   // texts, instructions or pairs
  std::int64_t tokens = 0;  // read by tokenize, encode and score; of responses; generated, over all candidates
  backbones::Work work;     // the least: backbones/work.h
};

class BenchModel {
 public:
  /// `batch_tokens` and `decodings` as the verbs have them. Loads the model and nothing else. Throws what loading
  /// throws.
  BenchModel(const backbones::ModelOptions& options, std::int64_t batch_tokens,
             std::vector<backbones::Decoding> decodings);

  const backbones::NetworkShape& shape() const { return shape_; }
  /// The jobs that fit the architecture.
  std::vector<BenchJob> jobs() const;
  /// Throws std::invalid_argument where the job does not fit.
  Pass run(BenchJob job, const BenchInputs& inputs, const BenchLengths& lengths);

 private:
  Pass tokenize(const BenchInputs& inputs);
  Pass encode(const BenchInputs& inputs, const BenchLengths& lengths);
  Pass log_likelihood(const BenchInputs& inputs, const BenchLengths& lengths);
  Pass generate(const BenchInputs& inputs, const BenchLengths& lengths);
  Pass score(const BenchInputs& inputs, const BenchLengths& lengths);

  /// Log-likelihoods of pairs: `tokens` of the result are those of responses.
  Pass read_pairs(const std::vector<backbones::InstructionResponse>& pairs, const BenchLengths& lengths);
  /// Of the rows of all decodings of one instruction, without the traffic of weights.
  backbones::Work generation_work(std::int64_t source, std::int64_t length) const;
  std::int64_t source_tokens(const std::string& text, const BenchLengths& lengths) const;
  double weight_bytes(std::int64_t parameters) const;
  double cache_bytes(std::int64_t tokens) const;

  backbones::NetworkShape shape_;
  double bytes_per_weight_;
  std::int64_t batch_tokens_;
  std::vector<backbones::Decoding> decodings_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
  std::unique_ptr<backbones::Backbone> backbone_;  // one of the two
  std::unique_ptr<cappy::Scorer> scorer_;
};

}  // namespace cli
