// Byte pair encoding (Sennrich et al. 2016) as the pinned tokenizers runs it: the characters of a pre-token, then the
// merge of lowest rank, leftmost first, until none applies.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backbones/tokenizer/merge_table.h"
#include "backbones/tokenizer/model.h"

namespace tokenizer {

class BytePair final : public Model {
 public:
  struct Vocabulary {
    std::vector<std::pair<std::string, std::int64_t>> pieces;
    std::vector<std::pair<std::string, std::string>> merges;  // by rank
    std::string unknown;         // the piece of a character without one; empty: such a character gives nothing
    bool fuse_unknown = false;   // neighbouring unknowns become one
    bool ignore_merges = false;  // a pre-token that is a piece stays whole
  };
  /// Throws std::runtime_error "merge 7: …" or "piece …" where a merge or the unknown piece is not in the vocabulary,
  /// or an id is repeated or out of range.
  explicit BytePair(Vocabulary vocabulary);

  void encode(std::string_view word, Scratch& scratch, Ids& ids) const override;
  std::optional<std::int32_t> find(std::string_view piece) const override;
  const std::string* piece(std::int32_t id) const override;
  std::int32_t size() const override { return static_cast<std::int32_t>(ids_.size()); }

 private:
  static constexpr std::size_t kDirect = 512;  // code points below it stand for bytes at the byte level

  void keep_pieces(Vocabulary& vocabulary);
  void keep_merges(const Vocabulary& vocabulary);
  std::int32_t find_character(std::string_view character) const;
  void split_characters(std::string_view word, Ids& symbols) const;
  void merge_short(Scratch& scratch) const;
  void merge_long(Ids& symbols) const;

  std::vector<std::string> pieces_;
  std::vector<std::int32_t> index_;                         // of pieces_, by id; -1: no piece
  std::unordered_map<std::string_view, std::int32_t> ids_;  // views of pieces_
  std::array<std::int32_t, kDirect> characters_;            // ids of the first code points; -1: no piece
  MergeTable merges_;
  std::optional<std::int32_t> unknown_;
  bool fuse_unknown_, ignore_merges_;
};

}  // namespace tokenizer
