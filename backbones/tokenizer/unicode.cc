#include "backbones/tokenizer/unicode.h"

#include <vector>

namespace tokenizer {
namespace {

// One entry a code point: the runs, laid out once. 2.2 MB, and no search per character.
std::vector<std::uint16_t> lay_out_runs() {
  std::vector<std::uint16_t> table(0x110000, 0);
  for (std::size_t i = 0; i < kPropertyRunCount; ++i) {
    const PropertyRun& run = kPropertyRuns[i];
    for (std::uint32_t c = run.first; c <= run.last; ++c) table[c] = run.bits;
  }
  for (std::uint32_t c = 0xAC00; c <= 0xD7A3; c += 28) {  // a syllable without a final consonant
    table[c] = static_cast<std::uint16_t>((table[c] & ~0xF0) | static_cast<int>(GraphemeBreak::kLv) << 4);
  }
  return table;
}

// What the rules need to remember of the cluster so far.
struct ClusterState {
  GraphemeBreak previous = GraphemeBreak::kOther;
  int regionals = 0;              // regional indicators in a row that end here
  bool pictographic = false;      // GB11: Extended_Pictographic Extend*
  bool pictographic_zwj = false;  // GB11: … ZWJ
  bool consonant = false;         // GB9c: a consonant, then only extends and linkers
  bool linker = false;            // GB9c: one of them was a linker
};

GraphemeBreak break_of(std::uint16_t bits) { return static_cast<GraphemeBreak>(bits >> 4 & 0xF); }
Conjunct conjunct_of(std::uint16_t bits) { return static_cast<Conjunct>(bits >> 9 & 3); }

bool is_control(GraphemeBreak b) {
  return b == GraphemeBreak::kCr || b == GraphemeBreak::kLf || b == GraphemeBreak::kControl;
}

// Rules GB6 to GB8.
bool joins_hangul(GraphemeBreak left, GraphemeBreak right) {
  using enum GraphemeBreak;
  if (left == kL) return right == kL || right == kV || right == kLv || right == kLvt;
  if (left == kLv || left == kV) return right == kV || right == kT;
  return (left == kLvt || left == kT) && right == kT;
}

// Whether a character with these bits belongs to the cluster: rules GB3 to GB13.
bool joins(const ClusterState& state, std::uint16_t bits) {
  using enum GraphemeBreak;
  const GraphemeBreak right = break_of(bits);
  if (state.previous == kCr) return right == kLf;
  if (is_control(state.previous) || is_control(right)) return false;
  if (right == kExtend || right == kZwj || right == kSpacingMark || state.previous == kPrepend) return true;
  if (joins_hangul(state.previous, right)) return true;
  if (state.consonant && state.linker && conjunct_of(bits) == Conjunct::kConsonant) return true;
  if (state.pictographic_zwj && (bits & 0x100)) return true;
  return state.previous == kRegional && right == kRegional && state.regionals % 2 == 1;
}

void advance(ClusterState& state, std::uint16_t bits) {
  const GraphemeBreak now = break_of(bits);
  state.pictographic_zwj = state.pictographic && now == GraphemeBreak::kZwj;
  state.pictographic = (bits & 0x100) || (state.pictographic && now == GraphemeBreak::kExtend);
  switch (conjunct_of(bits)) {
    case Conjunct::kConsonant:
      state.consonant = true;
      state.linker = false;
      break;
    case Conjunct::kLinker:
      state.linker = state.consonant;
      break;
    case Conjunct::kExtend:
      break;
    case Conjunct::kNone:
      state.consonant = state.linker = false;
      break;
  }
  state.regionals = now == GraphemeBreak::kRegional ? state.regionals + 1 : 0;
  state.previous = now;
}

}  // namespace

std::uint16_t properties(char32_t c) {
  static const std::vector<std::uint16_t> table = lay_out_runs();
  return table[c];
}

Decoded decode_before(std::string_view text, std::size_t end) {
  std::size_t start = end - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return decode_at(text, start);
}

std::size_t grapheme_end(std::string_view text, std::size_t start) {
  Decoded c = decode_at(text, start);
  std::size_t end = start + c.bytes;
  ClusterState state;
  advance(state, properties(c.code_point));
  while (end < text.size()) {
    c = decode_at(text, end);
    const std::uint16_t bits = properties(c.code_point);
    if (!joins(state, bits)) break;
    advance(state, bits);
    end += c.bytes;
  }
  return end;
}

}  // namespace tokenizer
