// The merges of a byte pair model: two neighbouring ids, the rank of their merge and the id that they become. A hash
// table with open addressing, at most half full.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace tokenizer {

struct Merge {
  std::int32_t rank, id;
};

class MergeTable {
 public:
  /// Room for that many merges.
  explicit MergeTable(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

  /// Of equal pairs the last one stays.
  void insert(std::int32_t left, std::int32_t right, Merge merge) {
    Slot& slot = slots_[place(key(left, right))];
    slot = {key(left, right), merge};
  }
  /// nullptr: the pair does not merge.
  const Merge* find(std::int32_t left, std::int32_t right) const {
    const Slot& slot = slots_[place(key(left, right))];
    return slot.key == kFree ? nullptr : &slot.merge;
  }

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};  // ids are not negative
  struct Slot {
    std::uint64_t key = kFree;
    Merge merge{0, 0};
  };
  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
  }
  // The slot of a key, or the free one where it would go.
  std::size_t place(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (key * 0x9E3779B97F4A7C15 >> 29) & mask;
    while (slots_[at].key != key && slots_[at].key != kFree) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> slots_;
};

}  // namespace tokenizer
