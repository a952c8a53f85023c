// A model turns one pre-token into ids: a Unigram language model or byte pair merges. It knows nothing of added tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenizer {

using Ids = std::vector<std::int32_t>;

/// The best segmentation of a word's first bytes, as the Viterbi search knows it.
struct BestPath {
  double score = 0;
  std::int32_t start = -1;  // where its last piece starts; -1: no path yet
  std::int32_t id = 0;      // of its last piece
};

/// Memory of the models that the next word uses again. One a thread: models themselves never change.
struct Scratch {
  std::vector<BestPath> paths;     // Unigram: by the byte where the path ends
  std::vector<std::int32_t> ends;  // Unigram: of the pieces, from the last to the first
  Ids symbols, ranks;              // byte pairs: of the word; of the merge with the right neighbour
};

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the ids of a pre-token (valid UTF-8, not empty).
  virtual void encode(std::string_view word, Scratch& scratch, Ids& ids) const = 0;
  /// The id of a piece; nothing where the vocabulary lacks it.
  virtual std::optional<std::int32_t> find(std::string_view piece) const = 0;
  /// The piece of an id; nullptr where the id has none.
  virtual const std::string* piece(std::int32_t id) const = 0;
  /// Number of pieces.
  virtual std::int32_t size() const = 0;
};

}  // namespace tokenizer
