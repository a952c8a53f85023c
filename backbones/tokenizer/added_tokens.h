// Tokens that are found in the text itself, before and after normalization, ahead of the model: `</s>`, `<mask>`,
// sentinels.
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "backbones/tokenizer/byte_trie.h"
#include "backbones/tokenizer/model.h"
#include "backbones/tokenizer/stages.h"

namespace tokenizer {

struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // swallows the white space before it
  bool rstrip = false;       // and after it
  bool normalized = true;    // found in the normalized text, itself normalized
  bool special = false;      // skipped in decoding
};

class AddedTokens {
 public:
  AddedTokens() = default;
  /// Each token takes the id that the model gives its content, else the next free one, as the pinned tokenizers assigns
  /// them. Throws std::runtime_error where two tokens are the same text.
  AddedTokens(const std::vector<AddedToken>& tokens, const Model& model, const std::vector<Normalizer>& normalizers);

  /// Cuts a text at the tokens that are looked for before normalization, or after it: calls token(id) and plain(Span)
  /// in turn.
  template <class Plain, class Token>
  void cut_raw(const Span& span, Plain&& plain, Token&& token) const {
    cut(raw_, span, plain, token);
  }
  template <class Plain, class Token>
  void cut_normalized(const Span& span, Plain&& plain, Token&& token) const {
    cut(normalized_, span, plain, token);
  }

  std::optional<std::int32_t> find(std::string_view content) const;
  /// What an id decodes to (normalized as it is found), or nullptr.
  const std::string* piece(std::int32_t id) const;
  bool is_special(const std::string& piece) const { return specials_.contains(piece); }
  /// Number of tokens that the model does not have.
  std::int32_t beyond_model() const { return beyond_model_; }

 private:
  struct Entry {
    AddedToken token;
    std::string pattern;  // what is looked for
    std::int32_t id;
  };
  /// The entries that are looked for in one text, raw or normalized.
  struct Finder {
    ByteTrie trie;
    std::vector<std::size_t> entries;  // by the trie's value
    std::array<bool, 256> starts{};    // first bytes
  };
  /// Where a token was found.
  struct Match {
    std::size_t start, end;  // with the white space that it swallows
    std::int32_t id;         // -1: no more
  };
  void add(const AddedToken& token, const Model& model, std::int32_t& next_id);
  Finder make_finder(bool normalized) const;
  Match next_match(const Finder& finder, std::string_view text, std::size_t& at, std::size_t done) const;

  template <class Plain, class Token>
  void cut(const Finder& finder, const Span& span, Plain&& plain, Token&& token) const {
    std::size_t at = 0, done = 0;  // searched, cut
    const auto emit_plain = [&](std::size_t end) {
      if (done < end) plain(Span{span.text.substr(done, end - done), span.starts_text && done == 0});
    };
    if (!finder.entries.empty()) {
      for (Match match; (match = next_match(finder, span.text, at, done)).id >= 0; done = match.end) {
        emit_plain(match.start);
        token(match.id);
      }
    }
    emit_plain(span.text.size());
  }

  std::vector<Entry> entries_;
  std::map<std::int32_t, std::size_t> by_id_;
  std::map<std::string, std::size_t, std::less<>> by_content_;
  std::unordered_set<std::string> specials_;
  Finder raw_, normalized_;
  std::int32_t beyond_model_ = 0;
};

}  // namespace tokenizer
