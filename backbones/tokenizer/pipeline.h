// A tokenizer as a pipeline of parts: added tokens, normalizers, pre-tokenizers, a model, a template of special tokens;
// and back: pieces and a decoder. Whatever file the parts come from, this is what runs them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "backbones/tokenizer/added_tokens.h"
#include "backbones/tokenizer/model.h"
#include "backbones/tokenizer/stages.h"
#include "backbones/tokenizer/tokenizer.h"

namespace tokenizer {

/// Where the first text, the second text or special tokens stand in the result.
struct TemplateItem {
  enum class Kind { kFirst, kSecond, kSpecial } kind;
  Ids ids;  // of kSpecial
};
using Template = std::vector<TemplateItem>;
/// The number of special tokens in a template.
std::int64_t special_count(const Template& items);

/// How pieces become text again.
struct Decoder {
  enum class Kind {
    kNone,       // joined by blanks
    kMetaspace,  // `replacement` is a blank, but nothing in the first piece
    kByteLevel   // characters are bytes; what is not UTF-8 becomes U+FFFD
  } kind = Kind::kNone;
  std::string replacement = "\u2581";
  bool drop_first = true;  // kMetaspace
  /// Transformers' clean_up_tokenization_spaces: no blank before . ? ! , n't 'm 's 've 're and around '.
  bool clean_up = false;
};
std::string decode_pieces(const Decoder& decoder, const std::vector<std::string>& pieces);
/// Bytes as text, each maximal piece of a broken sequence as U+FFFD.
std::string replace_invalid_utf8(std::string_view bytes);

/// Longest first, as the pinned tokenizers cuts a pair to `limit` tokens in all: the new lengths.
std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second, std::size_t limit);

struct Parts {
  std::vector<Normalizer> normalizers;
  std::vector<PreTokenizer> pre_tokenizers;
  std::unique_ptr<Model> model;
  AddedTokens added_tokens;
  Template single{{TemplateItem::Kind::kFirst, {}}};
  Template pair{{TemplateItem::Kind::kFirst, {}}, {TemplateItem::Kind::kSecond, {}}};
  Decoder decoder;
};

/// Ids of pre-tokens that were seen before. Bounded; a thread that finds it in use goes without.
class WordCache {
 public:
  void encode(const Model& model, const std::vector<Span>& spans, Ids& ids);

 private:
  void encode_word(const Model& model, const std::string& word, Ids& ids);
  std::mutex mutex_;
  std::unordered_map<std::string, Ids> words_;
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(Parts parts) : parts_(std::move(parts)) {}
  Encoding encode(std::string_view text, std::int64_t max_length, TruncationSide side) const override;
  Encoding encode_pair(std::string_view first, std::string_view second, std::int64_t max_length,
                       TruncationSide side) const override;
  std::string decode(std::span<const std::int32_t> ids) const override;
  std::int64_t size() const override;

 private:
  Ids content_ids(std::string_view text) const;

  Parts parts_;
  mutable WordCache cache_;
};

}  // namespace tokenizer
