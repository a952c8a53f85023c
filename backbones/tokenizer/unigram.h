// Unigram language model (Kudo 2018): the segmentation with the largest sum of piece scores, found by Viterbi over
// bytes, with the ties and sums of the pinned tokenizers: float64, from left to right, a later path must be strictly
// better, an unknown character costs ten more than the worst piece, neighbouring unknowns become one token.
#pragma once

#include <string>
#include <vector>

#include "backbones/tokenizer/byte_trie.h"
#include "backbones/tokenizer/model.h"

namespace tokenizer {

class Unigram final : public Model {
 public:
  struct Vocabulary {
    std::vector<std::string> pieces;
    std::vector<double> scores;
    std::int64_t unknown_id = 0;
    bool byte_fallback = false;  // an unknown token becomes its bytes, "<0x0A>"…, where all of them are pieces
  };
  /// Throws std::runtime_error where `unknown_id` is no piece or a score is not finite.
  explicit Unigram(Vocabulary vocabulary);

  void encode(std::string_view word, Scratch& scratch, Ids& ids) const override;
  std::optional<std::int32_t> find(std::string_view piece) const override;
  const std::string* piece(std::int32_t id) const override;
  std::int32_t size() const override { return static_cast<std::int32_t>(vocabulary_.pieces.size()); }

 private:
  void append_unknown(std::string_view text, Ids& ids) const;

  Vocabulary vocabulary_;
  ByteTrie trie_;
  double unknown_score_;
};

}  // namespace tokenizer
