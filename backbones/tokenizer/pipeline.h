// A tokenizer as a pipeline of parts: added tokens, normalizers, pre-tokenizers, a model, a template of special tokens;
// and back: pieces and a decoder. Whatever file the parts come from, this is what runs them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backbones/tokenizer/added_tokens.h"
#include "backbones/tokenizer/decoder.h"
#include "backbones/tokenizer/model.h"
#include "backbones/tokenizer/stages.h"
#include "backbones/tokenizer/tokenizer.h"
#include "backbones/tokenizer/word_cache.h"

namespace tokenizer {

/// Where the first text, the second text or special tokens stand in the result.
struct TemplateItem {
  enum class Kind { kFirst, kSecond, kSpecial } kind;
  Ids ids;  // of kSpecial
};
using Template = std::vector<TemplateItem>;
/// The number of special tokens in a template.
std::int64_t special_count(const Template& items);

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

/// What an encoding needs beside the parts, used again by the next one.
struct Workspace {
  Draft draft;
  std::vector<std::string> buffers;  // of the pre-tokenizers
  std::string characters;            // of a word of bytes
  Scratch scratch;
  WordCache cache;
};

/// Workspaces that no encoding uses at the moment: one each for as many threads as ever encoded at a time.
class WorkspacePool {
 public:
  std::unique_ptr<Workspace> take();
  void give_back(std::unique_ptr<Workspace> workspace);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(Parts parts);
  Encoding encode(std::string_view text, std::int64_t max_length, TruncationSide side) const override;
  Encoding encode_pair(std::string_view first, std::string_view second, std::int64_t max_length,
                       TruncationSide side) const override;
  std::string decode(std::span<const std::int32_t> ids) const override;
  std::string token_text(std::int32_t id) const override;
  std::int64_t size() const override;

 private:
  class Pass;
  void append_content(std::string_view text, Ids& ids) const;

  Parts parts_;
  bool byte_level_;  // words reach the model as bytes that are still to be written as characters
  mutable WorkspacePool workspaces_;
};

}  // namespace tokenizer
