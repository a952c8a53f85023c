// A network and its tokenizer as a backbone: text in, candidates and log-likelihoods out. Distinct instructions are
// read once, sorted by length, in batches of bounded size, and their distinct responses scored once; the results do not
// depend on any of that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbones/backbone.h"
#include "backbones/decoding/candidates.h"
#include "backbones/decoding/network.h"
#include "backbones/reading.h"
#include "backbones/tokenizer/tokenizer.h"

namespace backbones {

class TextBackbone final : public Backbone {
 public:
  TextBackbone(std::unique_ptr<const decoding::Network> network, std::unique_ptr<const tokenizer::Tokenizer> tokenizer,
               Architecture architecture);
  std::vector<Generation> generate(std::span<const std::string> instructions,
                                   const GenerationOptions& options) override;
  std::vector<LogLikelihood> log_likelihood(std::span<const InstructionResponse> pairs,
                                            const LikelihoodOptions& options) override;
  std::int64_t count_tokens(std::string_view text) const override;

 private:
  struct Source;
  Generation generation(const Source& source, const std::vector<decoding::Sequence>& sequences,
                        const GenerationOptions& options) const;
  void score(std::span<Source> sources, std::int64_t batch_tokens) const;
  const decoding::TokenTexts& token_texts(const GenerationOptions& options);

  std::unique_ptr<const decoding::Network> network_;
  std::unique_ptr<const tokenizer::Tokenizer> tokenizer_;
  Architecture architecture_;
  Reading reading_;
  decoding::TokenTexts token_texts_;  // made when a decoding first needs them
};

}  // namespace backbones
