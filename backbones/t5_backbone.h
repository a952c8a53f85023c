// A T5 checkpoint folder as a backbone: text in, candidates and log-likelihoods out. Distinct instructions are computed
// once, sorted by length, in batches of bounded size; the results do not depend on any of that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbones/backbone.h"
#include "backbones/t5.h"
#include "backbones/tokenizer/tokenizer.h"

namespace backbones {

class T5Backbone final : public Backbone {
 public:
  explicit T5Backbone(const ModelOptions& options);
  std::vector<Generation> generate(std::span<const std::string> instructions,
                                   const GenerationOptions& options) override;
  std::vector<LogLikelihood> log_likelihood(std::span<const InstructionResponse> pairs,
                                            const LikelihoodOptions& options) override;
  std::int64_t count_tokens(std::string_view text) const override;

 private:
  T5 network_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
};

}  // namespace backbones
