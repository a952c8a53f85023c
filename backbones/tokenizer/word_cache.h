// Ids of words that were seen before: most of a text is words of a small set. A hash table with open addressing; keys
// and ids lie in two arrays, so that nothing is allocated per word. It is bounded: full, it starts again. A word is
// compared byte by byte, so equal hashes never give wrong ids, only misses.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backbones/tokenizer/model.h"

namespace tokenizer {

class WordCache {
 public:
  static constexpr std::size_t kLongestWord = 64;  // bytes

  WordCache() : slots_(kFewestSlots) {}
  static std::uint64_t hash(std::string_view word);
  /// Appends the ids of a word that is here; false where it is not.
  bool append(std::string_view word, std::uint64_t hash, Ids& ids) const;
  /// Keeps the ids of a word of at most kLongestWord bytes that is not here.
  void insert(std::string_view word, std::uint64_t hash, std::span<const std::int32_t> ids);
  std::size_t size() const { return words_; }

 private:
  static constexpr std::size_t kFewestSlots = 1 << 12, kMostWords = 1 << 16;
  static constexpr std::size_t kProbes = 16;  // then a word counts as not here: no input makes a search long

  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t key = 0, ids = 0;  // where they start in the arrays
    std::uint16_t key_size = 0, id_count = 0;
  };
  Slot* free_slot(std::uint64_t hash);
  void grow();
  void clear();

  std::vector<Slot> slots_;  // a power of two; key_size 0: free
  std::string keys_;
  Ids ids_;
  std::size_t words_ = 0;
};

namespace word_cache {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;

template <class Number>
std::uint64_t load(const char* at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t bytes) {
  hash = (hash ^ bytes) * kMultiplier;
  return hash ^ hash >> 32;
}

}  // namespace word_cache

inline std::uint64_t WordCache::hash(std::string_view word) {
  using word_cache::load;
  using word_cache::mix;
  const char* at = word.data();
  std::size_t left = word.size();
  std::uint64_t hash = left;
  for (; left > 8; left -= 8, at += 8) hash = mix(hash, load<std::uint64_t>(at));
  // The last eight bytes or fewer, in loads that may overlap.
  if (left == 8) return mix(hash, load<std::uint64_t>(at));
  if (left >= 4) return mix(hash, load<std::uint32_t>(at) << 32 | load<std::uint32_t>(at + left - 4));
  if (left >= 2) return mix(hash, load<std::uint16_t>(at) << 16 | load<std::uint16_t>(at + left - 2));
  return mix(hash, left == 1 ? static_cast<unsigned char>(*at) : 0);
}

inline bool WordCache::append(std::string_view word, std::uint64_t hash, Ids& ids) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    const Slot& slot = slots_[(hash + probe) & mask];
    if (slot.key_size == 0) return false;
    if (slot.hash != hash || slot.key_size != word.size()) continue;
    if (std::memcmp(keys_.data() + slot.key, word.data(), word.size()) != 0) continue;
    const std::int32_t* first = ids_.data() + slot.ids;
    if (slot.id_count == 1) {
      ids.push_back(*first);
    } else {
      ids.insert(ids.end(), first, first + slot.id_count);
    }
    return true;
  }
  return false;
}

}  // namespace tokenizer
