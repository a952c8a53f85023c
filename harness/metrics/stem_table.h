// Words to numbers: each distinct word is stemmed once, and words with one stem share an id. The look-up is what
// Rouge-L spends its time on: words of up to 16 letters, nearly all, are two machine words in a flat table with open
// addressing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace metrics {

class StemTable {
 public:
  /// Bytes behind the begin of a token that must be readable.
  static constexpr std::size_t kPadding = 16;

  StemTable();

  /// The id of the stem of a token of lower-case letters and digits, not empty; words of up to three letters are their
  /// own stem. Ids count up from 0. At least kPadding bytes from the token's begin must be readable.
  std::uint32_t id(std::string_view token);
  /// Memory in use, about: for bounding the table.
  std::size_t bytes() const { return slots_.size() * sizeof(Slot) + long_bytes_ + stems_.size() * kBytesOfEntry; }
  /// Forgets everything: ids start at 0 again.
  void clear();

 private:
  static constexpr std::size_t kBytesOfEntry = 96;

  struct Slot {
    std::uint64_t low = 0, high = 0;  // the letters; low 0: free
    std::uint32_t id = 0;
  };

  std::size_t place_of(std::uint64_t low, std::uint64_t high) const;
  std::uint32_t id_of_long(std::string_view token);
  std::uint32_t id_of_stem(std::string_view token);
  void grow();

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
  std::unordered_map<std::string, std::uint32_t> long_words_;
  std::size_t long_bytes_ = 0;
  std::unordered_map<std::string, std::uint32_t> stems_;
};

}  // namespace metrics
