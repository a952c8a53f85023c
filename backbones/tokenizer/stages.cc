#include "backbones/tokenizer/stages.h"

#include <array>
#include <utility>

#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

std::size_t skip_white_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Decoded c = decode_at(text, at);
    if (!is_white_space(c.code_point)) break;
    at += c.bytes;
  }
  return at;
}

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

enum class Kind { kLetter, kNumber, kSpace, kOther };

Kind kind_of(char32_t c) {
  const std::uint16_t bits = properties(c);
  return bits & 1 ? Kind::kLetter : bits & 2 ? Kind::kNumber : bits & 4 ? Kind::kSpace : Kind::kOther;
}

// Where the run of characters of one kind that starts at `at` ends.
std::size_t run_end(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    const Decoded c = decode_at(text, at);
    if (kind_of(c.code_point) != kind) break;
    at += c.bytes;
  }
  return at;
}

}  // namespace

void Strip::apply(Span& span) const {
  std::string_view text = span.text;
  if (left) {
    const std::size_t start = skip_white_space(text, 0);
    if (start > 0) span.starts_text = false;
    text.remove_prefix(start);
  }
  while (right && !text.empty()) {
    const Decoded c = decode_before(text, text.size());
    if (!is_white_space(c.code_point)) break;
    text.remove_suffix(c.bytes);
  }
  span.text = std::string(text);
}

void Replace::apply(Span& span) const {
  const std::size_t needed = at_least_twice ? 2 : 1;
  std::string out;
  std::size_t at = 0;
  for (std::size_t found; (found = span.text.find(pattern, at)) != std::string::npos;) {
    std::size_t end = found, count = 0;
    while (span.text.compare(end, pattern.size(), pattern) == 0 && (at_least_twice || count == 0)) {
      end += pattern.size();
      ++count;
    }
    out.append(span.text, at, found - at);
    if (count >= needed) {
      if (found == 0 && content.empty()) span.starts_text = false;
      out += content;
    } else {
      out.append(span.text, found, end - found);
    }
    at = end;
  }
  if (at == 0) return;
  out.append(span.text, at);
  span.text = std::move(out);
}

void Prepend::apply(Span& span) const {
  if (!span.text.empty()) span.text.insert(0, text);
}

void normalize(const std::vector<Normalizer>& normalizers, Span& span) {
  for (const Normalizer& normalizer : normalizers) {
    std::visit([&](const auto& stage) { stage.apply(span); }, normalizer);
  }
}

void WhitespaceSplit::apply(const Span& span, std::vector<Span>& out) const {
  const std::string_view text = span.text;
  for (std::size_t at = skip_white_space(text, 0); at < text.size();) {
    std::size_t end = at;
    while (end < text.size()) {
      const Decoded c = decode_at(text, end);
      if (is_white_space(c.code_point)) break;
      end += c.bytes;
    }
    out.push_back({std::string(text.substr(at, end - at)), span.starts_text && at == 0});
    at = skip_white_space(text, end);
  }
}

void Metaspace::apply(const Span& span, std::vector<Span>& out) const {
  std::string text;
  text.reserve(span.text.size() + replacement.size());
  const bool wanted = scheme == Scheme::kAlways || (scheme == Scheme::kFirst && span.starts_text);
  const bool there = span.text.starts_with(' ') || span.text.starts_with(replacement);
  if (wanted && !there) text += replacement;
  for (const char c : span.text) {
    if (c == ' ') {
      text += replacement;
    } else {
      text.push_back(c);
    }
  }
  if (!split) return out.push_back({std::move(text), span.starts_text});
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(replacement, at + 1), text.size());
    out.push_back({text.substr(at, end - at), span.starts_text && at == 0});
    at = end;
  }
}

std::size_t gpt2_word_end(std::string_view text, std::size_t start) {
  if (text[start] == '\'') {
    if (const std::size_t bytes = contraction(text, start)) return start + bytes;
  }
  const std::size_t body = text[start] == ' ' && start + 1 < text.size() ? start + 1 : start;
  const Kind kind = kind_of(decode_at(text, body).code_point);
  if (kind != Kind::kSpace) return run_end(text, body, kind);
  // White space: all of it at the end of the text, else all but the last character, which goes with what follows.
  const std::size_t end = run_end(text, start, Kind::kSpace);
  if (end == text.size()) return end;
  const std::size_t last = end - decode_before(text, end).bytes;
  return last > start ? last : end;
}

void ByteLevel::apply(const Span& span, std::vector<Span>& out) const {
  std::string prefixed;
  std::string_view text = span.text;
  if (add_prefix_space && !text.empty() && text[0] != ' ') {
    prefixed = " " + span.text;
    text = prefixed;
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = use_regex ? gpt2_word_end(text, at) : text.size();
    Span word{{}, span.starts_text && at == 0};
    for (const char c : text.substr(at, end - at)) word.text += byte_character(static_cast<unsigned char>(c));
    out.push_back(std::move(word));
    at = end;
  }
}

std::vector<Span> pre_tokenize(const std::vector<PreTokenizer>& pre_tokenizers, std::vector<Span> spans) {
  for (const PreTokenizer& pre_tokenizer : pre_tokenizers) {
    std::vector<Span> cut;
    for (Span& span : spans) {
      if (span.added_id >= 0) {
        cut.push_back(std::move(span));
      } else {
        std::visit([&](const auto& stage) { stage.apply(span, cut); }, pre_tokenizer);
      }
    }
    spans = std::move(cut);
  }
  std::erase_if(spans, [](const Span& span) { return span.added_id < 0 && span.text.empty(); });
  return spans;
}

const std::string& byte_character(unsigned char byte) { return byte_table().characters[byte]; }
int character_byte(char32_t character) { return character < 512 ? byte_table().bytes[character] : -1; }

}  // namespace tokenizer
