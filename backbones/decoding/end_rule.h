// When a sequence may and must end. Lengths count what stands before the first new token in the decoder: the start
// token of an encoder-decoder, the whole prompt of a decoder alone, as transformers counts max_length and min_length.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "backbones/decoding/stop_strings.h"
#include "backbones/options.h"
#include "harness/core/records.h"

namespace decoding {

struct EndRule {
  std::int32_t end_token;
  std::int64_t max_length;
  std::int64_t min_length;
  backbones::Protocol protocol;
  std::vector<std::int32_t> prompt = {0};                     // at least one token
  std::shared_ptr<const StopStrings> stop_strings = nullptr;  // none

  /// Whether the end of sequence may not follow `generated` new tokens: PyTorch forbids it while length < min_length,
  /// Flax (cappy-2023) while length <= min_length.
  bool end_is_forbidden(std::int64_t generated) const;
  /// Gives the end of sequence -inf where it is forbidden.
  void apply(std::span<float> logits, std::int64_t generated) const;
  /// Why the sequence ends with the last of these new tokens; nothing where it goes on. The first of: end of sequence,
  /// stop string, length.
  std::optional<core::End> end(std::span<const std::int32_t> ids) const;
  /// New tokens that fit.
  std::int64_t most_generated() const { return max_length - prompt_length(); }

 private:
  std::int64_t prompt_length() const { return static_cast<std::int64_t>(prompt.size()); }
};

}  // namespace decoding
