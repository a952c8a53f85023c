// Strings that end a sequence, as transformers' StopStringCriteria has it: a sequence stops with the token that holds
// the last character of one of them; the token is kept whole, whatever follows the string in it. Texts are the texts of
// tokens in a row, not the decoded text: a string may begin in the prompt of a decoder alone, and special tokens count
// as they are written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace decoding {

/// What each token adds in the middle of a text, in bytes, by id.
using TokenTexts = std::vector<std::string>;

class StopStrings {
 public:
  /// `texts` must outlive this. Throws std::invalid_argument where a string is empty or there is none.
  StopStrings(std::vector<std::string> strings, const TokenTexts& texts);
  /// Whether the last of `ids` completes one of the strings in `prompt` and `ids` together.
  bool completed(std::span<const std::int32_t> prompt, std::span<const std::int32_t> ids) const;

 private:
  std::string_view text(std::int32_t id) const;

  std::vector<std::string> strings_;
  const TokenTexts& texts_;
  std::size_t longest_ = 0;
};

}  // namespace decoding
