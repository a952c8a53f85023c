// OPT over prompts that it has read: the keys and values of a prompt are computed once, and every beam, draw and choice
// that continues it names them in its list of rows. That is the whole prefix cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backbones/decoding/network.h"
#include "backbones/opt.h"

namespace backbones {

class OptSession final : public decoding::DecoderSession {
 public:
  /// Reads all tokens of the prompts but the last ones, which are what the rows are fed first.
  OptSession(const Opt& network, std::span<const decoding::Ids> sources);
  void start(std::span<const std::int64_t> rows_per_source) override;
  void add(std::span<const decoding::Ids> sources) override;
  at::Tensor step(std::span<const std::int32_t> tokens) override;
  void select(std::span<const std::int64_t> rows) override;
  std::vector<std::vector<double>> log_likelihoods(
      std::span<const std::vector<decoding::Ids>> responses) const override;

 private:
  using List = std::vector<std::int32_t>;  // rows of the pool, oldest first

  /// Reads all tokens of prompts but the last ones -> their rows of the pool, by source.
  std::vector<List> read(std::span<const decoding::Ids> sources);

  const Opt& network_;
  nn::KeyValuePool pool_;
  std::vector<List> prefixes_;             // of each source, until rows start
  std::vector<std::int32_t> last_tokens_;  // of each source
  std::size_t sources_ = 0;                // read so far
  std::vector<std::size_t> source_of_;     // of each row in flight
  std::vector<List> histories_;            // of each row in flight: what it sees
};

}  // namespace backbones
