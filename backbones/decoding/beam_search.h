// Beam search over one instruction, as two reference implementations run it. Each step takes the best 2b of the b * V
// continuations of b running beams (sum of log-probabilities; of equals the lower beam, then the lower token), and
//
//                      PyTorch (transformers 5.23.0, _beam_search)     Flax (cappy-2023)
//   stops              end of sequence, stop string, or length         end of sequence
//   may finish         the stopped among the first b of the 2b         the stopped among all 2b
//   score              sum / generated^length_penalty, `generated` counting the end of sequence, in both
//   improves while     best running / generated^lp > worst finished    best running / (generated + 1)^lp > worst
//   finished … with "never"     the length is all that fits (lp > 0)            … one more (lp > 0)
//   result             the best finished                               the best finished, else the best running
//
// where "worst finished" is a very low constant while one of the b slots is empty. With early_stopping true a search
// also ends as soon as all slots are full. Minimum length is applied to the log-probabilities, without renormalising
// them.
//
// The Flax column is transformers from January 2023 (#20901) to November 2023 (before #27351), the version that the
// published candidates most likely came from. One deviation, by name *per-row stop*: there the stop test runs over the
// whole batch, so that an input's result depends on its batch mates; here it is applied to each input alone. Another:
// asked for more sequences than have finished, Flax returns empty ones; here the best running beams follow.
#pragma once

#include "backbones/decoding/end_rule.h"
#include "backbones/decoding/search.h"

namespace decoding {

class BeamSearch : public Search {
 public:
  /// Throws std::invalid_argument where more sequences than beams are asked for.
  BeamSearch(const backbones::Decoding& decoding, const EndRule& rule);
  std::vector<Continuation> advance(const LogitRows& logits) override;
  std::vector<Sequence> sequences() const override;

 private:
  struct Beam {
    std::vector<std::int32_t> ids;
    double sum = 0;             // of log-probabilities: what the search compares; a beam that may not win has a penalty
    double log_likelihood = 0;  // of ids under the model
  };
  struct Finished {
    Beam beam;
    double score = 0;  // sum over length^length_penalty
    bool filled = false;
  };
  struct Extension {
    std::int64_t row;
    std::int32_t token;
    double sum;
    double log_likelihood;
    bool stops;
  };

  bool stops(const Extension& extension) const;
  std::vector<Extension> best_extensions(const LogitRows& logits) const;
  void add_finished(const std::vector<Extension>& extensions);
  std::vector<Continuation> keep_running(const std::vector<Extension>& extensions);
  bool is_over() const;
  bool is_flax() const { return rule_.protocol == backbones::Protocol::kCappy2023; }
  Beam extended(const Extension& extension) const;

  backbones::Decoding decoding_;
  EndRule rule_;
  double excluded_;                 // the very low constant
  std::int64_t generated_ = 0;      // tokens of each running beam
  std::vector<Beam> running_;       // b beams, best first
  std::vector<Finished> finished_;  // b slots, best first
};

}  // namespace decoding
