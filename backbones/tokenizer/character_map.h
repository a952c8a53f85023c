// SentencePiece's precompiled character map, as the pinned spm_precompiled and tokenizers apply it: a darts-clone
// double array of 32-bit units, then the replacements, each ended by a zero byte. The text is walked by grapheme
// clusters; a cluster of less than 6 bytes is looked up whole, else each of its characters; and a look-up takes the
// shortest key that is a prefix (where sentencepiece itself takes the longest), which replaces the whole cluster or
// character.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenizer {

/// Standard base64. Throws std::runtime_error that names the character.
std::string decode_base64(std::string_view text);

class CharacterMap {
 public:
  /// `bytes`: the size of the array in bytes (little-endian 32 bits), the array, the replacements. Throws
  /// std::runtime_error that names the byte or unit.
  explicit CharacterMap(std::string_view bytes);

  /// Appends the text, normalized.
  void normalize(std::string_view text, std::string& out) const;

 private:
  std::optional<std::string_view> find(std::string_view cluster) const;
  void check_units() const;
  std::size_t plain_end(std::string_view text, std::size_t at) const;
  void normalize_cluster(std::string_view cluster, std::string& out) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
  std::array<bool, 256> plain_{};  // bytes of ASCII characters that stay as they are and are clusters of their own
};

}  // namespace tokenizer
