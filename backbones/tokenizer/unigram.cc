#include "backbones/tokenizer/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "backbones/tokenizer/unicode.h"

namespace tokenizer {
namespace {

constexpr double kUnknownPenalty = 10.0;

// A later path must be strictly better.
void offer(BestPath& best, const BestPath& path) {
  if (best.start < 0 || path.score > best.score) best = path;
}

}  // namespace

Unigram::Unigram(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)), trie_(vocabulary_.pieces) {
  if (vocabulary_.unknown_id < 0 || vocabulary_.unknown_id >= size()) {
    throw std::runtime_error(fmt::format("unk_id {} is not one of {} pieces", vocabulary_.unknown_id, size()));
  }
  for (std::size_t i = 0; i < vocabulary_.scores.size(); ++i) {
    if (!std::isfinite(vocabulary_.scores[i]))
      throw std::runtime_error(fmt::format("the score of piece {} is not finite", i));
  }
  unknown_score_ = *std::min_element(vocabulary_.scores.begin(), vocabulary_.scores.end()) - kUnknownPenalty;
}

void Unigram::encode(std::string_view word, Scratch& scratch, Ids& ids) const {
  const auto unknown = static_cast<std::int32_t>(vocabulary_.unknown_id);
  std::vector<BestPath>& best = scratch.paths;
  best.assign(word.size() + 1, {});
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t character = decode_at(word, at).bytes;
    const double so_far = best[at].score;
    bool covered = false;  // by a piece of one character
    trie_.for_each_prefix(word, at, [&](std::size_t length, std::int32_t id) {
      offer(best[at + length], {vocabulary_.scores[id] + so_far, static_cast<std::int32_t>(at), id});
      covered |= length == character;
    });
    if (!covered) offer(best[at + character], {unknown_score_ + so_far, static_cast<std::int32_t>(at), unknown});
    at += character;
  }

  std::vector<std::int32_t>& ends = scratch.ends;
  ends.clear();
  for (auto end = static_cast<std::int32_t>(word.size()); end > 0; end = best[end].start) ends.push_back(end);
  std::size_t start = 0;
  while (!ends.empty()) {
    std::int32_t end = ends.back();
    ends.pop_back();
    const std::int32_t id = best[end].id;
    if (id == unknown) {
      for (; !ends.empty() && best[ends.back()].id == unknown; ends.pop_back()) end = ends.back();
      append_unknown(word.substr(start, end - start), ids);
    } else {
      ids.push_back(id);
    }
    start = end;
  }
}

// A joined unknown may happen to be a piece.
void Unigram::append_unknown(std::string_view text, Ids& ids) const {
  if (const std::int32_t id = trie_.find(text); id >= 0) return ids.push_back(id);
  if (vocabulary_.byte_fallback) {
    Ids bytes;
    for (const char c : text) {
      const std::int32_t id = trie_.find(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
      if (id >= 0) bytes.push_back(id);
    }
    if (bytes.size() == text.size()) {
      ids.insert(ids.end(), bytes.begin(), bytes.end());
      return;
    }
  }
  ids.push_back(static_cast<std::int32_t>(vocabulary_.unknown_id));
}

std::optional<std::int32_t> Unigram::find(std::string_view piece) const {
  const std::int32_t id = trie_.find(piece);
  return id >= 0 ? std::optional(id) : std::nullopt;
}

const std::string* Unigram::piece(std::int32_t id) const {
  return id >= 0 && id < size() ? &vocabulary_.pieces[id] : nullptr;
}

}  // namespace tokenizer
