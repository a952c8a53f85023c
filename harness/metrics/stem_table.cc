#include "harness/metrics/stem_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/metrics/porter_stemmer.h"

namespace metrics {
namespace {

constexpr std::size_t kFirstSlots = 4096;
constexpr std::size_t kStemmedFrom = 4;  // rouge-score stems only words longer than three characters

/// The first `letters` <= 8 bytes, the others 0.
std::uint64_t load(const char* bytes, std::size_t letters) {
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  return letters == 0 ? 0 : word & (~std::uint64_t{0} >> (64 - 8 * letters));
}

}  // namespace

StemTable::StemTable() : slots_(kFirstSlots) {}

/// Where the word is, or the free slot where it belongs.
std::size_t StemTable::place_of(std::uint64_t low, std::uint64_t high) const {
  const std::size_t mask = slots_.size() - 1;
  std::uint64_t mixed = low ^ (high * 0x9E3779B97F4A7C15u);
  mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93u;  // else the last letters of a word would not reach the bits used
  std::size_t at = (mixed >> 32) & mask;
  while (slots_[at].low != 0 && (slots_[at].low != low || slots_[at].high != high)) at = (at + 1) & mask;
  return at;
}

std::uint32_t StemTable::id(std::string_view token) {
  if (token.size() > kPadding) return id_of_long(token);
  const std::uint64_t low = load(token.data(), std::min<std::size_t>(token.size(), 8));
  const std::uint64_t high = token.size() > 8 ? load(token.data() + 8, token.size() - 8) : 0;
  Slot& slot = slots_[place_of(low, high)];
  if (slot.low != 0) return slot.id;
  const std::uint32_t id = id_of_stem(token);
  slot = {low, high, id};
  if (++used_ * 2 > slots_.size()) grow();
  return id;
}

std::uint32_t StemTable::id_of_long(std::string_view token) {
  const auto [entry, is_new] = long_words_.try_emplace(std::string(token), 0);
  if (is_new) {
    entry->second = id_of_stem(token);
    long_bytes_ += kBytesOfEntry + 2 * token.size();  // the stem is about as long
  }
  return entry->second;
}

std::uint32_t StemTable::id_of_stem(std::string_view token) {
  const auto stem = token.size() < kStemmedFrom ? std::string(token) : porter_stem(token);
  return stems_.try_emplace(stem, static_cast<std::uint32_t>(stems_.size())).first->second;
}

void StemTable::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old)
    if (slot.low != 0) slots_[place_of(slot.low, slot.high)] = slot;
}

void StemTable::clear() { *this = StemTable(); }

}  // namespace metrics
