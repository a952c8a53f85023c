#include "backbones/decoding/end_rule.h"

#include <limits>

namespace decoding {

bool EndRule::end_is_forbidden(std::int64_t generated) const {
  const std::int64_t length = prompt_length() + generated;
  return protocol == backbones::Protocol::kCappy2023 ? length <= min_length : length < min_length;
}

void EndRule::apply(std::span<float> logits, std::int64_t generated) const {
  if (end_is_forbidden(generated))
    logits[static_cast<std::size_t>(end_token)] = -std::numeric_limits<float>::infinity();
}

std::optional<core::End> EndRule::end(std::span<const std::int32_t> ids) const {
  if (ids.back() == end_token) return core::End::kEos;
  if (stop_strings && stop_strings->completed(prompt, ids)) return core::End::kStop;
  if (static_cast<std::int64_t>(ids.size()) >= most_generated()) return core::End::kLength;
  return std::nullopt;
}

}  // namespace decoding
