// Byte pair encoding (Sennrich et al. 2016) as the pinned tokenizers runs it: the characters of a pre-token, then the
// merge of lowest rank, leftmost first, until none applies.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backbones/tokenizer/model.h"

namespace tokenizer {

class BytePair final : public Model {
 public:
  struct Vocabulary {
    std::vector<std::pair<std::string, std::int32_t>> pieces;
    std::vector<std::pair<std::string, std::string>> merges;  // by rank
    std::string unknown;         // the piece of a character without one; empty: such a character gives nothing
    bool fuse_unknown = false;   // neighbouring unknowns become one
    bool ignore_merges = false;  // a pre-token that is a piece stays whole
  };
  /// Throws std::runtime_error "merge 7: …" or "piece …" where a merge or the unknown piece is not in the vocabulary.
  explicit BytePair(const Vocabulary& vocabulary);

  void encode(std::string_view word, Ids& ids) const override;
  std::optional<std::int32_t> find(std::string_view piece) const override;
  const std::string* piece(std::int32_t id) const override;
  std::int32_t size() const override { return static_cast<std::int32_t>(ids_.size()); }
  std::int32_t end_of_ids() const override { return static_cast<std::int32_t>(pieces_.size()); }

 private:
  struct Merge {
    std::int32_t rank, id;
  };
  const Merge* find_merge(std::int32_t left, std::int32_t right) const;
  Ids characters(std::string_view word) const;
  void apply_merges(Ids& symbols) const;

  std::unordered_map<std::string_view, std::int32_t> ids_;  // views of pieces_
  std::vector<std::string> pieces_;                         // by id; an id without a piece is empty
  std::unordered_map<std::uint64_t, Merge> merges_;         // by left and right id
  std::optional<std::int32_t> unknown_;
  bool fuse_unknown_, ignore_merges_;
};

}  // namespace tokenizer
