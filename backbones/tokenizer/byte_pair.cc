#include "backbones/tokenizer/byte_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "backbones/tokenizer/unicode.h"

namespace tokenizer {
namespace {

constexpr std::int32_t kLargestId = 1 << 24;  // an id beyond it is a broken file, not a vocabulary

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

// A merge that may apply to the symbol at a position and its right neighbour. The lowest rank comes first, then the
// leftmost.
struct Proposal {
  std::int32_t rank, position, id;
  bool operator>(const Proposal& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

}  // namespace

BytePair::BytePair(const Vocabulary& vocabulary)
    : fuse_unknown_(vocabulary.fuse_unknown), ignore_merges_(vocabulary.ignore_merges) {
  for (const auto& [piece, id] : vocabulary.pieces) {
    if (id < 0 || id > kLargestId) throw std::runtime_error(fmt::format("piece '{}' has the id {}", piece, id));
    if (static_cast<std::size_t>(id) >= pieces_.size()) pieces_.resize(id + 1);
    if (!pieces_[id].empty())
      throw std::runtime_error(fmt::format("pieces '{}' and '{}' share id {}", pieces_[id], piece, id));
    pieces_[id] = piece;
  }
  ids_.reserve(vocabulary.pieces.size());
  for (const auto& entry : vocabulary.pieces) ids_.emplace(pieces_[entry.second], entry.second);
  merges_.reserve(vocabulary.merges.size());
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const auto& [left, right] = vocabulary.merges[rank];
    const auto id_of = [&](const std::string& piece) {
      if (const auto id = find(piece)) return *id;
      throw std::runtime_error(fmt::format("merge {}: '{}' is not in the vocabulary", rank, piece));
    };
    const Merge merge{static_cast<std::int32_t>(rank), id_of(left + right)};
    merges_.insert_or_assign(pair_key(id_of(left), id_of(right)), merge);
  }
  if (!vocabulary.unknown.empty()) {
    unknown_ = find(vocabulary.unknown);
    if (!unknown_) throw std::runtime_error(fmt::format("unk_token '{}' is not in the vocabulary", vocabulary.unknown));
  }
}

const BytePair::Merge* BytePair::find_merge(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePair::encode(std::string_view word, Ids& ids) const {
  if (ignore_merges_) {
    if (const auto whole = find(word)) return ids.push_back(*whole);
  }
  Ids symbols = characters(word);
  apply_merges(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

Ids BytePair::characters(std::string_view word) const {
  Ids symbols;
  bool after_unknown = false;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t bytes = decode_at(word, at).bytes;
    const auto id = find(word.substr(at, bytes));
    if (id) {
      symbols.push_back(*id);
    } else if (unknown_ && !(fuse_unknown_ && after_unknown)) {
      symbols.push_back(*unknown_);
    }
    after_unknown = !id;
    at += bytes;
  }
  return symbols;
}

// Proposals go stale when a neighbour merges; one still counts if the pair at its place now gives the same piece.
void BytePair::apply_merges(Ids& symbols) const {
  constexpr std::int32_t kGone = -1;
  const auto size = static_cast<std::int32_t>(symbols.size());
  std::vector<std::int32_t> next(size), previous(size);
  std::priority_queue<Proposal, std::vector<Proposal>, std::greater<>> proposals;
  const auto propose = [&](std::int32_t left, std::int32_t right) {
    if (const Merge* merge = find_merge(symbols[left], symbols[right])) proposals.push({merge->rank, left, merge->id});
  };
  for (std::int32_t i = 0; i < size; ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
    if (i + 1 < size) propose(i, i + 1);
  }
  while (!proposals.empty()) {
    const Proposal top = proposals.top();
    proposals.pop();
    const std::int32_t left = top.position;
    if (symbols[left] == kGone || next[left] >= size) continue;
    const std::int32_t right = next[left];
    const Merge* merge = find_merge(symbols[left], symbols[right]);
    if (merge == nullptr || merge->id != top.id) continue;
    symbols[left] = top.id;
    symbols[right] = kGone;
    next[left] = next[right];
    if (next[left] < size) previous[next[left]] = left;
    if (previous[left] >= 0) propose(previous[left], left);
    if (next[left] < size) propose(left, next[left]);
  }
  std::erase(symbols, kGone);
}

std::optional<std::int32_t> BytePair::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* BytePair::piece(std::int32_t id) const {
  return id >= 0 && id < end_of_ids() && !pieces_[id].empty() ? &pieces_[id] : nullptr;
}

}  // namespace tokenizer
