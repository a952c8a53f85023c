#include "backbones/tokenizer/byte_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

constexpr std::int64_t kLargestId = 1 << 22;  // an id beyond it is a broken file, not a vocabulary
constexpr std::size_t kShortWord = 48;        // symbols; up to here, looking at all pairs is faster than a queue
constexpr std::int32_t kNoMerge = std::numeric_limits<std::int32_t>::max();

// A merge that may apply to the symbol at a position and its right neighbour. The lowest rank comes first, then the
// leftmost.
struct Proposal {
  std::int32_t rank, position, id;
  bool operator>(const Proposal& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

}  // namespace

BytePair::BytePair(Vocabulary vocabulary)
    : merges_(vocabulary.merges.size()),
      fuse_unknown_(vocabulary.fuse_unknown),
      ignore_merges_(vocabulary.ignore_merges) {
  if (vocabulary.pieces.empty()) throw std::runtime_error("the vocabulary is empty");
  keep_pieces(vocabulary);
  keep_merges(vocabulary);
  if (!vocabulary.unknown.empty()) {
    unknown_ = find(vocabulary.unknown);
    if (!unknown_) throw std::runtime_error(fmt::format("unk_token '{}' is not in the vocabulary", vocabulary.unknown));
  }
}

void BytePair::keep_pieces(Vocabulary& vocabulary) {
  pieces_.reserve(vocabulary.pieces.size());
  for (auto& [piece, id] : vocabulary.pieces) {
    if (id < 0 || id > kLargestId) {
      throw std::runtime_error(fmt::format("piece '{}' has the id {}, expected 0 to {}", piece, id, kLargestId));
    }
    if (static_cast<std::size_t>(id) >= index_.size()) index_.resize(id + 1, -1);
    if (index_[id] >= 0)
      throw std::runtime_error(fmt::format("pieces '{}' and '{}' share id {}", pieces_[index_[id]], piece, id));
    index_[id] = static_cast<std::int32_t>(pieces_.size());
    pieces_.push_back(std::move(piece));
  }
  ids_.reserve(pieces_.size());
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    ids_.emplace(pieces_[i], static_cast<std::int32_t>(vocabulary.pieces[i].second));
  for (std::size_t c = 0; c < kDirect; ++c) {
    std::string character;
    core::append_utf8(character, static_cast<char32_t>(c));
    characters_[c] = find(character).value_or(-1);
  }
}

void BytePair::keep_merges(const Vocabulary& vocabulary) {
  std::string joined;
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const auto& [left, right] = vocabulary.merges[rank];
    const auto id_of = [&](const std::string& piece) {
      if (const auto id = find(piece)) return *id;
      throw std::runtime_error(fmt::format("merge {}: '{}' is not in the vocabulary", rank, piece));
    };
    const std::int32_t left_id = id_of(left), right_id = id_of(right);
    joined.assign(left).append(right);
    merges_.insert(left_id, right_id, {static_cast<std::int32_t>(rank), id_of(joined)});
  }
}

void BytePair::encode(std::string_view word, Scratch& scratch, Ids& ids) const {
  if (ignore_merges_) {
    if (const auto whole = find(word)) return ids.push_back(*whole);
  }
  Ids& symbols = scratch.symbols;
  split_characters(word, symbols);
  if (symbols.size() <= kShortWord) {
    merge_short(scratch);
  } else {
    merge_long(symbols);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

std::int32_t BytePair::find_character(std::string_view character) const {
  const char32_t code_point = decode_at(character, 0).code_point;
  return code_point < kDirect ? characters_[code_point] : find(character).value_or(-1);
}

void BytePair::split_characters(std::string_view word, Ids& symbols) const {
  symbols.clear();
  bool after_unknown = false;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t bytes = decode_at(word, at).bytes;
    const std::int32_t id = find_character(word.substr(at, bytes));
    if (id >= 0) {
      symbols.push_back(id);
    } else if (unknown_ && !(fuse_unknown_ && after_unknown)) {
      symbols.push_back(*unknown_);
    }
    after_unknown = id < 0;
    at += bytes;
  }
}

// The rank of each pair stands beside its left symbol; a merge changes two of them.
void BytePair::merge_short(Scratch& scratch) const {
  Ids &symbols = scratch.symbols, &ranks = scratch.ranks;
  const auto rank_at = [&](std::size_t i) {
    if (i + 1 >= symbols.size()) return kNoMerge;
    const Merge* merge = merges_.find(symbols[i], symbols[i + 1]);
    return merge == nullptr ? kNoMerge : merge->rank;
  };
  ranks.resize(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) ranks[i] = rank_at(i);
  while (symbols.size() > 1) {
    const auto best = std::min_element(ranks.begin(), ranks.end());
    if (*best == kNoMerge) return;
    const std::size_t i = best - ranks.begin();
    symbols[i] = merges_.find(symbols[i], symbols[i + 1])->id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    ranks.erase(ranks.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    ranks[i] = rank_at(i);
    if (i > 0) ranks[i - 1] = rank_at(i - 1);
  }
}

// Proposals go stale when a neighbour merges; one still counts if the pair at its place now gives the same piece.
void BytePair::merge_long(Ids& symbols) const {
  constexpr std::int32_t kGone = -1;
  const auto size = static_cast<std::int32_t>(symbols.size());
  std::vector<std::int32_t> next(size), previous(size);
  std::priority_queue<Proposal, std::vector<Proposal>, std::greater<>> proposals;
  const auto propose = [&](std::int32_t left, std::int32_t right) {
    if (const Merge* merge = merges_.find(symbols[left], symbols[right])) {
      proposals.push({merge->rank, left, merge->id});
    }
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
    const Merge* merge = merges_.find(symbols[left], symbols[right]);
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
  if (id < 0 || static_cast<std::size_t>(id) >= index_.size() || index_[id] < 0) return nullptr;
  const std::string& piece = pieces_[index_[id]];
  return piece.empty() ? nullptr : &piece;
}

}  // namespace tokenizer
