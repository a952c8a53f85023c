#include "backbones/tokenizer/stages.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

constexpr std::size_t kMostGrowth = 64;  // NFKC makes 11 of one
constexpr std::size_t kRoom = 1 << 16;   // bytes more, for short texts

// GPT-2's table: printable Latin-1 bytes stand for themselves, the others for U+0100 and on.
struct ByteTable {
  std::array<std::string, 256> characters;
  std::array<int, 512> bytes;
  ByteTable() {
    bytes.fill(-1);
    char32_t next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t c = itself ? static_cast<char32_t>(b) : next++;
      core::append_utf8(characters[b], c);
      bytes[c] = b;
    }
  }
};

const ByteTable& byte_table() {
  static const ByteTable table;
  return table;
}

// The bytes of one of 's 't 're 've 'm 'll 'd at `at`, else 0.
std::size_t contraction(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 7> kEndings{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view ending : kEndings) {
    if (text.substr(at, ending.size()) == ending) return ending.size();
  }
  return 0;
}

enum class Kind : std::uint8_t { kLetter, kNumber, kSpace, kOther };

Kind kind_of(char32_t c) {
  const std::uint16_t bits = properties(c);
  return bits & 1 ? Kind::kLetter : bits & 2 ? Kind::kNumber : bits & 4 ? Kind::kSpace : Kind::kOther;
}

std::array<Kind, 128> ascii_kinds() {
  std::array<Kind, 128> kinds;
  for (char32_t c = 0; c < kinds.size(); ++c) kinds[c] = kind_of(c);
  return kinds;
}

struct Character {
  Kind kind;
  std::uint32_t bytes;
};

Character character_at(std::string_view text, std::size_t at) {
  static const std::array<Kind, 128> kAscii = ascii_kinds();
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {kAscii[lead], 1};
  const Decoded c = decode_at(text, at);
  return {kind_of(c.code_point), c.bytes};
}

// Where the run of characters of one kind that starts at `at` ends.
std::size_t run_end(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (c.kind != kind) break;
    at += c.bytes;
  }
  return at;
}

}  // namespace

void Draft::assign(std::string_view raw, bool starts) {
  text.assign(raw);
  starts_text = starts;
  longest_ = raw.size() * kMostGrowth + kRoom;
}

void Draft::fail_length() const {
  throw std::runtime_error("the tokenizer's normalizers make more than 64 times as much of a text");
}

void Strip::apply(Draft& draft) const {
  std::string& text = draft.text;
  std::size_t start = 0, end = text.size();
  if (left) start = white_space_end(text, 0);
  if (start > 0) draft.starts_text = false;
  while (right && end > start) {
    const Decoded c = decode_before(text, end);
    if (!is_white_space(c.code_point)) break;
    end -= c.bytes;
  }
  text.resize(end);
  text.erase(0, start);
}

void Replace::apply(Draft& draft) const {
  const std::string& text = draft.text;
  std::string& out = draft.spare;
  out.clear();
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(pattern, at)) != std::string::npos;) {
    std::size_t end = found + pattern.size();
    while (at_least_twice && text.compare(end, pattern.size(), pattern) == 0) end += pattern.size();
    out.append(text, at, found - at);
    draft.check_length(out.size());
    if (at_least_twice && end == found + pattern.size()) {
      out += pattern;
    } else {
      if (found == 0 && content.empty()) draft.starts_text = false;
      out += content;
    }
    at = end;
  }
  if (at == 0) return;
  out.append(text, at);
  draft.text.swap(out);
}

void Prepend::apply(Draft& draft) const {
  if (!draft.text.empty()) draft.text.insert(0, text);
}

void normalize(const std::vector<Normalizer>& normalizers, Draft& draft) {
  for (const Normalizer& normalizer : normalizers) {
    std::visit([&](const auto& stage) { stage.apply(draft); }, normalizer);
  }
}

std::size_t white_space_end(std::string_view text, std::size_t at) { return run_end(text, at, Kind::kSpace); }

std::size_t next_white_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (c.kind == Kind::kSpace) break;
    at += c.bytes;
  }
  return at;
}

void Metaspace::mark_blanks(const Span& span, std::string& out) const {
  const std::string_view text = span.text;
  out.clear();
  const bool wanted = scheme == Scheme::kAlways || (scheme == Scheme::kFirst && span.starts_text);
  if (wanted && !text.starts_with(' ') && !text.starts_with(replacement)) out += replacement;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t blank = std::min(text.find(' ', at), text.size());
    out += text.substr(at, blank - at);
    if (blank < text.size()) out += replacement;
    at = blank + 1;
  }
}

std::size_t gpt2_word_end(std::string_view text, std::size_t start) {
  if (text[start] == '\'') {
    if (const std::size_t bytes = contraction(text, start)) return start + bytes;
  }
  const std::size_t body = text[start] == ' ' && start + 1 < text.size() ? start + 1 : start;
  const Kind kind = character_at(text, body).kind;
  if (kind != Kind::kSpace) return run_end(text, body, kind);
  // White space: all of it at the end of the text, else all but the last character, which goes with what follows.
  const std::size_t end = run_end(text, start, Kind::kSpace);
  if (end == text.size()) return end;
  const std::size_t last = end - decode_before(text, end).bytes;
  return last > start ? last : end;
}

const std::string& byte_character(unsigned char byte) { return byte_table().characters[byte]; }
int character_byte(char32_t character) { return character < 512 ? byte_table().bytes[character] : -1; }

void write_byte_characters(std::string_view bytes, std::string& out) {
  for (const char c : bytes) out += byte_character(static_cast<unsigned char>(c));
}

}  // namespace tokenizer
