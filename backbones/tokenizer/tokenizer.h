// Text to ids and back, equal to the reference tokenizers: the folder's tokenizer.json as the pinned `tokenizers` runs
// it, else what the pinned `transformers` builds from spiece.model, or from vocab.json and merges.txt. No torch in this
// folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backbones/tokenizer/truncation.h"

namespace tokenizer {

inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

struct Encoding {
  std::vector<std::int32_t> ids;  // special tokens included
  std::int64_t cut = 0;           // tokens that the limit cut off
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// One text with its special tokens (T5: `A </s>`; RoBERTa: `<s> A </s>`), cut on one side to `max_length` ids in
  /// all. Special tokens are never cut.
  virtual Encoding encode(std::string_view text, std::int64_t max_length = kNoLimit,
                          TruncationSide side = TruncationSide::kRight) const = 0;
  /// A pair (RoBERTa: `<s> A </s> </s> B </s>`), cut longest-first to `max_length` ids in all; each of the two texts
  /// loses tokens on that side.
  virtual Encoding encode_pair(std::string_view first, std::string_view second, std::int64_t max_length = kNoLimit,
                               TruncationSide side = TruncationSide::kRight) const = 0;
  /// Text of ids, special tokens skipped, as `decode(ids, skip_special_tokens=True)` of transformers gives it.
  /// Ids without a piece give nothing.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  /// The bytes that a token adds in the middle of a text, a special token as it is written; nothing for an id without a
  /// piece.
  virtual std::string token_text(std::int32_t id) const = 0;
  /// Number of ids that have a piece, added tokens included.
  virtual std::int64_t size() const = 0;
};

/// Opens the tokenizer of a folder in the Hub's layout. Throws core::FileError that names the file and the key or byte.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace tokenizer
