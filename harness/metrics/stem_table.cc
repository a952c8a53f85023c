#include "harness/metrics/stem_table.h"

#include <cstring>
#include <utility>

#include "harness/metrics/porter_stemmer.h"

namespace metrics {
namespace {

constexpr std::size_t kFirstSlots = 4096;
constexpr std::size_t kStemmedFrom = 4;  // rouge-score stems only words longer than three characters

std::uint32_t hash_of(std::string_view token) {
  std::uint64_t hash = token.size() * 0x9E3779B97F4A7C15u;
  const char* at = token.data();
  std::size_t left = token.size();
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
  };
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < left; ++i) rest |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  mix(rest);
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

StemTable::StemTable() : slots_(kFirstSlots) {}

StemTable::Slot& StemTable::find(std::string_view token, std::uint32_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.length == 0) return slot;
    if (slot.hash == hash && slot.length == token.size() &&
        std::memcmp(letters_.data() + slot.begin, token.data(), token.size()) == 0)
      return slot;
  }
}

std::uint32_t StemTable::id(std::string_view token) {
  const std::uint32_t hash = hash_of(token);
  Slot& slot = find(token, hash);
  if (slot.length != 0) return slot.id;
  const auto stem = token.size() < kStemmedFrom ? std::string(token) : porter_stem(token);
  const std::uint32_t id = stems_.try_emplace(stem, static_cast<std::uint32_t>(stems_.size())).first->second;
  slot = {hash, static_cast<std::uint32_t>(token.size()), letters_.size(), id};
  letters_ += token;
  if (++used_ * 2 > slots_.size()) grow();
  return id;
}

void StemTable::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.length == 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].length != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void StemTable::clear() { *this = StemTable(); }

}  // namespace metrics
