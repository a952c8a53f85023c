#include "backbones/reading.h"

#include <algorithm>

namespace backbones {

Reading::Reading(Architecture architecture, const tokenizer::Tokenizer& tokenizer, std::int32_t end_token)
    : architecture_(architecture), tokenizer_(tokenizer), end_token_(end_token) {
  const std::vector<std::int32_t> none = tokenizer.encode("").ids, some = tokenizer.encode("a").ids;
  const auto differs = std::mismatch(none.begin(), none.end(), some.begin(), some.end());
  leading_ = static_cast<std::size_t>(differs.first - none.begin());
  trailing_ = none.size() - leading_;
}

tokenizer::Encoding Reading::instruction(std::string_view text, std::int64_t max_length,
                                         tokenizer::TruncationSide side) const {
  return tokenizer_.encode(text, max_length, side);
}

tokenizer::Encoding Reading::response(std::string_view text, std::int64_t max_length) const {
  if (architecture_ == Architecture::kEncoderDecoder) return tokenizer_.encode(text, max_length);
  tokenizer::Encoding encoding = tokenizer_.encode(text);
  std::vector<std::int32_t>& ids = encoding.ids;
  ids.erase(ids.end() - static_cast<std::ptrdiff_t>(trailing_), ids.end());
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(leading_));
  const auto kept = std::min(static_cast<std::int64_t>(ids.size()), max_length - 1);
  encoding.cut = static_cast<std::int64_t>(ids.size()) - kept;
  ids.resize(static_cast<std::size_t>(kept));
  ids.push_back(end_token_);
  return encoding;
}

}  // namespace backbones
