#include "tasks/jinja/word_wrap.h"

#include <algorithm>
#include <numeric>

#include "harness/core/text.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"

namespace jinja {
namespace {

using Chunk = std::u32string;

bool is_blank(char32_t c) { return (c >= '\t' && c <= '\r') || c == ' '; }
bool is_letter(char32_t c) { return is_word_character(c) && !is_decimal(c); }
bool is_word_or_punctuation(char32_t c) {
  constexpr std::u32string_view kPunctuation = U"!\"'&.,?";
  return is_word_character(c) || kPunctuation.find(c) != std::u32string_view::npos;
}

/// Cuts text into pieces between which a line may break: runs of blanks, words, parts of hyphenated words, dashes.
/// "look -- goof-ball" gives "look", " ", "--", " ", "goof-", "ball". It is the regular expression wordsep_re by hand.
class Cutter {
 public:
  Cutter(std::u32string text, bool at_hyphens) : text_(std::move(text)), at_hyphens_(at_hyphens) {}

  std::vector<Chunk> run() {
    std::vector<Chunk> chunks;
    for (std::size_t start = 0; start < text_.size();) {
      const std::size_t end = end_of(start);
      chunks.push_back(text_.substr(start, end - start));
      start = end;
    }
    return chunks;
  }

 private:
  char32_t at(std::size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
  bool letter(std::size_t i) const { return i < text_.size() && is_letter(text_[i]); }

  std::size_t end_of(std::size_t start) const {
    std::size_t end = start;
    if (is_blank(text_[start]) || !at_hyphens_) {
      const bool blank = is_blank(text_[start]);
      while (end < text_.size() && is_blank(text_[end]) == blank) ++end;
      return end;
    }
    if (start > 0 && is_word_or_punctuation(text_[start - 1]) && (end = dash_end(start)) > start) return end;
    for (end = start + 1; end < text_.size() && !is_blank(text_[end]); ++end) {
      if (at(end) == '-' && hyphenates(end)) return end + 1;
      if (is_word_or_punctuation(text_[end - 1]) && dash_end(end) > end) return end;
    }
    return end;
  }

  /// Behind two or more "-" that a word follows; `start` where there are none.
  std::size_t dash_end(std::size_t start) const {
    std::size_t end = start;
    while (at(end) == '-') ++end;
    return end >= start + 2 && end < text_.size() && is_word_character(text_[end]) ? end : start;
  }

  /// Whether a word may break behind the "-" at `i`: two letters, or letter, hyphen, letter, on both sides.
  bool hyphenates(std::size_t i) const {
    const bool two_before = i >= 2 && letter(i - 1) && letter(i - 2);
    const bool hyphen_before = i >= 3 && letter(i - 1) && at(i - 2) == '-' && letter(i - 3);
    if (!two_before && !hyphen_before) return false;
    return letter(i + 1) && (letter(i + 2) || (at(i + 2) == '-' && letter(i + 3)));
  }

  std::u32string text_;
  bool at_hyphens_;
};

bool is_white(const Chunk& chunk) { return std::all_of(chunk.begin(), chunk.end(), core::is_python_space); }

class Wrapper {
 public:
  Wrapper(std::vector<Chunk> chunks, const WordWrap& wrap) : rest_(std::move(chunks)), wrap_(wrap) {
    std::reverse(rest_.begin(), rest_.end());
  }

  std::vector<std::string> run() {
    std::vector<std::string> lines;
    while (!rest_.empty()) {
      line_.clear();
      length_ = 0;
      if (!lines.empty() && is_white(rest_.back())) rest_.pop_back();
      while (!rest_.empty() && length_ + rest_.back().size() <= width()) take();
      if (!rest_.empty() && rest_.back().size() > width()) take_long_word();
      if (!line_.empty() && is_white(line_.back())) line_.pop_back();
      if (!line_.empty()) lines.push_back(core::to_utf8(std::accumulate(line_.begin(), line_.end(), Chunk())));
    }
    return lines;
  }

 private:
  std::size_t width() const { return static_cast<std::size_t>(wrap_.width); }
  void take() {
    length_ += rest_.back().size();
    line_.push_back(std::move(rest_.back()));
    rest_.pop_back();
  }

  void take_long_word() {
    if (!wrap_.break_long_words) {
      if (line_.empty()) take();
      return;
    }
    Chunk& word = rest_.back();
    const std::size_t space = width() - length_;
    std::size_t end = space;
    if (wrap_.break_on_hyphens && space > 0) {
      const std::size_t hyphen = word.rfind(U'-', space - 1);
      if (hyphen != Chunk::npos && word.find_first_not_of(U'-') < hyphen) end = hyphen + 1;
    }
    line_.push_back(word.substr(0, end));
    word.erase(0, end);
  }

  std::vector<Chunk> rest_, line_;  // the rest from its end
  std::size_t length_ = 0;          // of the line
  const WordWrap& wrap_;
};

}  // namespace

std::vector<std::string> wrap_words(std::string_view text, const WordWrap& wrap) {
  if (wrap.width <= 0) throw EvaluationError("wordwrap: the width must be at least 1");
  return Wrapper(Cutter(core::to_code_points(text), wrap.break_on_hyphens).run(), wrap).run();
}

}  // namespace jinja
