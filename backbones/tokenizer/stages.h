// What happens to a text before the model sees it: normalizers rewrite it, pre-tokenizers cut it into pre-tokens. Each
// is a value with an `apply`, named as in tokenizer.json.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backbones/tokenizer/character_map.h"

namespace tokenizer {

/// A stretch of the text on its way: plain text, or an added token that was found in it.
struct Span {
  std::string text;
  bool starts_text = true;     // its first character is the first of the whole text
  std::int32_t added_id = -1;  // the added token; -1: plain text
};

/// Removes white space at the ends.
struct Strip {
  bool left = false, right = false;
  void apply(Span& span) const;
};

/// Replaces each occurrence of `pattern`, from the left.
struct Replace {
  std::string pattern;          // not empty
  bool at_least_twice = false;  // the regular expression "x{2,}": two or more of `pattern` in a row
  std::string content;
  void apply(Span& span) const;
};

/// Puts a text before a span that is not empty.
struct Prepend {
  std::string text;
  void apply(Span& span) const;
};

struct Precompiled {
  CharacterMap map;
  void apply(Span& span) const { span.text = map.normalize(span.text); }
};

using Normalizer = std::variant<Precompiled, Strip, Replace, Prepend>;
void normalize(const std::vector<Normalizer>& normalizers, Span& span);

/// Cuts at white space, which disappears.
struct WhitespaceSplit {
  void apply(const Span& span, std::vector<Span>& out) const;
};

/// Turns blanks into `replacement`, puts one before the text, and cuts before each.
struct Metaspace {
  enum class Scheme { kAlways, kFirst, kNever };
  std::string replacement = "\u2581";
  Scheme scheme = Scheme::kAlways;
  bool split = true;
  void apply(const Span& span, std::vector<Span>& out) const;
};

/// GPT-2: cuts into contractions, words, numbers, other signs and white space, each with the blank before it, then
/// writes every byte as a printable character.
struct ByteLevel {
  bool add_prefix_space = true;
  bool use_regex = true;
  void apply(const Span& span, std::vector<Span>& out) const;
};

using PreTokenizer = std::variant<WhitespaceSplit, Metaspace, ByteLevel>;
/// Cuts every plain span; added tokens stay. Empty spans are dropped.
std::vector<Span> pre_tokenize(const std::vector<PreTokenizer>& pre_tokenizers, std::vector<Span> spans);

/// The byte at which GPT-2's pre-token that starts at byte `start` < text.size() ends.
std::size_t gpt2_word_end(std::string_view text, std::size_t start);

/// The character, in UTF-8, that stands for a byte at the byte level; and back (-1: stands for none).
const std::string& byte_character(unsigned char byte);
int character_byte(char32_t character);

}  // namespace tokenizer
