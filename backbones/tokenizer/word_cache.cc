#include "backbones/tokenizer/word_cache.h"

namespace tokenizer {

WordCache::Slot* WordCache::free_slot(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    Slot& slot = slots_[(hash + probe) & mask];
    if (slot.key_size == 0) return &slot;
  }
  return nullptr;
}

void WordCache::insert(std::string_view word, std::uint64_t hash, std::span<const std::int32_t> ids) {
  if (word.empty()) return;
  if (words_ == kMostWords) clear();
  if (words_ * 2 >= slots_.size()) grow();
  Slot* slot = free_slot(hash);
  if (slot == nullptr) return;
  slot->hash = hash;
  slot->key = static_cast<std::uint32_t>(keys_.size());
  slot->key_size = static_cast<std::uint16_t>(word.size());
  slot->ids = static_cast<std::uint32_t>(ids_.size());
  slot->id_count = static_cast<std::uint16_t>(ids.size());
  keys_ += word;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  ++words_;
}

// A word that finds no place among the new slots is forgotten.
void WordCache::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  words_ = 0;
  for (const Slot& slot : old) {
    if (slot.key_size == 0) continue;
    if (Slot* place = free_slot(slot.hash)) {
      *place = slot;
      ++words_;
    }
  }
}

void WordCache::clear() {
  slots_.assign(kFewestSlots, {});
  keys_.clear();
  ids_.clear();
  words_ = 0;
}

}  // namespace tokenizer
