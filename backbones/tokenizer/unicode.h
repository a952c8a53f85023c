// What the pinned tokenizers library knows about a code point: letters, numbers and word characters of its regular
// expressions (Unicode 16), and the boundaries of extended grapheme clusters (UAX #29, Unicode 17). The table is
// generated: make_unicode_tables.py; tests/golden/text_to_ids.py compares every code point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenizer {

/// Bits of a run's properties: 0 letter (\p{L}), 1 number (\p{N}), 2 white space (\s), 3 word (\w), 4-7 GraphemeBreak,
/// 8 Extended_Pictographic, 9-10 Conjunct. Code points in no run have none.
struct PropertyRun {
  std::uint32_t first, last;
  std::uint16_t bits;
};
extern const PropertyRun kPropertyRuns[];
extern const std::size_t kPropertyRunCount;

enum class GraphemeBreak : std::uint8_t {
  kOther,
  kCr,
  kLf,
  kControl,
  kExtend,
  kZwj,
  kRegional,
  kPrepend,
  kSpacingMark,
  kL,
  kV,
  kT,
  kLv,
  kLvt
};
/// Indic_Conjunct_Break, for rule GB9c.
enum class Conjunct : std::uint8_t { kNone, kConsonant, kLinker, kExtend };

/// The bits of a code point.
std::uint16_t properties(char32_t c);
inline bool is_letter(char32_t c) { return properties(c) & 1; }
inline bool is_number(char32_t c) { return properties(c) & 2; }
inline bool is_white_space(char32_t c) { return properties(c) & 4; }
inline bool is_word(char32_t c) { return properties(c) & 8; }

/// The code point that starts at byte `at` of valid UTF-8, and its number of bytes.
struct Decoded {
  char32_t code_point;
  std::uint32_t bytes;
};
inline Decoded decode_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {static_cast<char32_t>((lead & 0x1F) << 6 | (byte(1) & 0x3F)), 2};
  if (lead < 0xF0) {
    return {static_cast<char32_t>((lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F)), 3};
  }
  return {
      static_cast<char32_t>((lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)),
      4};
}
/// The code point that ends before byte `end` > 0 of valid UTF-8, and its number of bytes.
Decoded decode_before(std::string_view text, std::size_t end);

/// The byte at which the extended grapheme cluster that starts at byte `start` < text.size() ends.
std::size_t grapheme_end(std::string_view text, std::size_t start);

}  // namespace tokenizer
