// Words to numbers: each distinct word is stemmed once, and words with one stem share an id. A flat table with open
// addressing; the look-up is what Rouge-L spends its time on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace metrics {

class StemTable {
 public:
  StemTable();

  /// The id of the stem of a token of lower-case letters and digits; words of up to three letters are their own stem.
  /// Ids count up from 0.
  std::uint32_t id(std::string_view token);
  /// Memory in use, about: for bounding the table.
  std::size_t bytes() const { return letters_.size() + slots_.size() * sizeof(Slot) + stems_.size() * kBytesOfStem; }
  /// Forgets everything: ids start at 0 again.
  void clear();

 private:
  struct Slot {
    std::uint32_t hash = 0, length = 0;  // length 0: free
    std::uint64_t begin = 0;             // in letters_
    std::uint32_t id = 0;
  };

  static constexpr std::size_t kBytesOfStem = 96;

  Slot& find(std::string_view token, std::uint32_t hash);
  void grow();

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
  std::string letters_;
  std::unordered_map<std::string, std::uint32_t> stems_;
};

}  // namespace metrics
