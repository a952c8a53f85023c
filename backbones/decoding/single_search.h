// A search of one row: greedy (the highest logit, of equals the lowest token), or one draw of a sampling.
#pragma once

#include <memory>
#include <optional>

#include "backbones/decoding/end_rule.h"
#include "backbones/decoding/sampler.h"
#include "backbones/decoding/search.h"
#include "harness/core/random.h"

namespace decoding {

/// How one draw chooses: its sampler, and the key of its random numbers (step: the index of the new token).
struct Draw {
  std::shared_ptr<const Sampler> sampler;
  core::DrawKey key;
};

class SingleSearch : public Search {
 public:
  /// Without `draw`: greedy.
  SingleSearch(const EndRule& rule, std::optional<Draw> draw);
  std::vector<Continuation> advance(const LogitRows& logits) override;
  std::vector<Sequence> sequences() const override;

 private:
  EndRule rule_;
  std::optional<Draw> draw_;
  Sequence sequence_;
};

}  // namespace decoding
