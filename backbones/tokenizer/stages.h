// What happens to a text before the model sees it: normalizers rewrite it, pre-tokenizers cut it into pre-tokens. Each
// is a value, named as in tokenizer.json. Texts are cut as views: a stage hands each part on before it makes the next,
// so that one buffer a stage is all the memory there is.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backbones/tokenizer/character_map.h"

namespace tokenizer {

/// A text that normalizers rewrite.
struct Draft {
  std::string text;
  bool starts_text = true;  // its first character is the first of the whole text
  std::string spare;        // memory

  /// Takes a text over; it may become 64 times as long: normalizers of a hostile file may double it again and again.
  void assign(std::string_view raw, bool starts);
  /// Throws std::runtime_error where more than that has been made of it.
  void check_length(std::size_t bytes) const {
    if (bytes > longest_) fail_length();
  }

 private:
  [[noreturn]] void fail_length() const;
  std::size_t longest_ = 1 << 16;
};

/// A part of a text on its way to the model.
struct Span {
  std::string_view text;
  bool starts_text = true;  // as above
};

/// Removes white space at the ends.
struct Strip {
  bool left = false, right = false;
  void apply(Draft& draft) const;
};

/// Replaces each occurrence of `pattern`, from the left.
struct Replace {
  std::string pattern;          // not empty
  bool at_least_twice = false;  // the regular expression "x{2,}": two or more of `pattern` in a row
  std::string content;
  void apply(Draft& draft) const;
};

/// Puts a text before one that is not empty.
struct Prepend {
  std::string text;
  void apply(Draft& draft) const;
};

struct Precompiled {
  CharacterMap map;
  void apply(Draft& draft) const {
    draft.spare.clear();
    map.normalize(draft.text, draft.spare);
    draft.check_length(draft.spare.size());
    draft.text.swap(draft.spare);
  }
};

using Normalizer = std::variant<Precompiled, Strip, Replace, Prepend>;
void normalize(const std::vector<Normalizer>& normalizers, Draft& draft);

/// The byte from `at` on at which white space ends, and at which it starts.
std::size_t white_space_end(std::string_view text, std::size_t at);
std::size_t next_white_space(std::string_view text, std::size_t at);

/// Each pre-tokenizer has `cut(span, buffer, emit)`: it calls emit(Span) for each part. A part may lie in the buffer
/// and is valid until emit returns.

/// Cuts at white space, which disappears.
struct WhitespaceSplit {
  template <class Emit>
  void cut(const Span& span, std::string&, Emit&& emit) const {
    const std::string_view text = span.text;
    for (std::size_t at = white_space_end(text, 0); at < text.size();) {
      const std::size_t end = next_white_space(text, at);
      emit(Span{text.substr(at, end - at), span.starts_text && at == 0});
      at = white_space_end(text, end);
    }
  }
};

/// Turns blanks into `replacement`, puts one before the text, and cuts before each.
struct Metaspace {
  enum class Scheme { kAlways, kFirst, kNever };
  std::string replacement = "\u2581";
  Scheme scheme = Scheme::kAlways;
  bool split = true;

  template <class Emit>
  void cut(const Span& span, std::string& buffer, Emit&& emit) const {
    mark_blanks(span, buffer);
    const std::string_view text = buffer;
    if (!split) return emit(Span{text, span.starts_text});
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(replacement, at + 1), text.size());
      emit(Span{text.substr(at, end - at), span.starts_text && at == 0});
      at = end;
    }
  }

 private:
  void mark_blanks(const Span& span, std::string& out) const;
};

/// The byte at which GPT-2's pre-token that starts at byte `start` < text.size() ends.
std::size_t gpt2_word_end(std::string_view text, std::size_t start);

/// GPT-2: cuts into contractions, words, numbers, other signs and white space, each with the blank before it. The model
/// knows every byte as a printable character (write_byte_characters).
struct ByteLevel {
  bool add_prefix_space = true;
  bool use_regex = true;

  template <class Emit>
  void cut(const Span& span, std::string& buffer, Emit&& emit) const {
    std::string_view text = span.text;
    if (add_prefix_space && !text.starts_with(' ')) {
      buffer.assign(" ").append(text);
      text = buffer;
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = use_regex ? gpt2_word_end(text, at) : text.size();
      emit(Span{text.substr(at, end - at), false});
      at = end;
    }
  }
};

using PreTokenizer = std::variant<WhitespaceSplit, Metaspace, ByteLevel>;

/// The character, in UTF-8, that stands for a byte at the byte level; and back (-1: stands for none).
const std::string& byte_character(unsigned char byte);
int character_byte(char32_t character);
/// Bytes as those characters.
void write_byte_characters(std::string_view bytes, std::string& out);

}  // namespace tokenizer
