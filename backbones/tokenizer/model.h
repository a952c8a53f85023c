// A model turns one pre-token into ids: a Unigram language model or byte pair merges. It knows nothing of added tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenizer {

using Ids = std::vector<std::int32_t>;

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the ids of a pre-token (valid UTF-8, not empty).
  virtual void encode(std::string_view word, Ids& ids) const = 0;
  /// The id of a piece; nothing where the vocabulary lacks it.
  virtual std::optional<std::int32_t> find(std::string_view piece) const = 0;
  /// The piece of an id; nullptr where the id has none.
  virtual const std::string* piece(std::int32_t id) const = 0;
  /// Number of pieces.
  virtual std::int32_t size() const = 0;
  /// One more than the largest id.
  virtual std::int32_t end_of_ids() const = 0;
};

}  // namespace tokenizer
