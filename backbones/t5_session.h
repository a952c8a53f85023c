// T5's decoder over encoded sources: a step for all rows in flight, or whole responses at once under teacher forcing.
// Both are the same computation over rows that see a list of earlier rows; a beam that splits or a draw that ends
// changes only lists.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/decoding/network.h"
#include "backbones/t5.h"

namespace backbones {

class T5Session final : public decoding::DecoderSession {
 public:
  T5Session(const T5& network, CrossCaches caches);
  void start(std::span<const std::int64_t> rows_per_source) override;
  void add(std::span<const decoding::Ids> sources) override;
  at::Tensor step(std::span<const std::int32_t> tokens) override;
  void select(std::span<const std::int64_t> rows) override;
  std::vector<std::vector<double>> log_likelihoods(
      std::span<const std::vector<decoding::Ids>> responses) const override;

 private:
  /// Forgets the sources that no row reads.
  void drop_finished();

  const T5& network_;
  CrossCaches caches_;
  nn::KeyValuePool pool_;
  std::vector<std::int64_t> rows_per_source_;
  std::vector<std::vector<std::int32_t>> histories_;  // of each row: its rows of the pool, oldest first
};

/// Log-likelihoods of responses: nats, summed over ids. responses[i] belong to source i of the caches; there may be
/// none.
std::vector<std::vector<double>> teacher_forced(const T5& network, const CrossCaches& caches,
                                                std::span<const std::vector<std::vector<std::int32_t>>> responses);

}  // namespace backbones
