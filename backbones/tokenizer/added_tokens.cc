#include "backbones/tokenizer/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "backbones/tokenizer/unicode.h"

namespace tokenizer {
namespace {

// Where the white space before byte `end` starts.
std::size_t space_start(std::string_view text, std::size_t end) {
  while (end > 0) {
    const Decoded c = decode_before(text, end);
    if (!is_white_space(c.code_point)) break;
    end -= c.bytes;
  }
  return end;
}

bool touches_word(std::string_view text, std::size_t start, std::size_t end) {
  return (start > 0 && is_word(decode_before(text, start).code_point)) ||
         (end < text.size() && is_word(decode_at(text, end).code_point));
}

}  // namespace

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, const Model& model,
                         const std::vector<Normalizer>& normalizers) {
  std::int32_t next_id = model.size();
  for (const AddedToken& token : tokens) {
    if (!token.content.empty()) add(token, model, next_id);
  }
  for (Entry& entry : entries_) {
    entry.pattern = entry.token.content;
    if (!entry.token.normalized) continue;
    Draft draft;
    draft.assign(entry.pattern, true);
    normalize(normalizers, draft);
    entry.pattern = draft.text;
  }
  raw_ = make_finder(false);
  normalized_ = make_finder(true);
}

void AddedTokens::add(const AddedToken& token, const Model& model, std::int32_t& next_id) {
  if (token.special) specials_.insert(token.content);
  if (const auto known = by_content_.find(token.content); known != by_content_.end()) {
    entries_[known->second].token = token;  // the last one counts
    return;
  }
  std::optional<std::int32_t> id = model.find(token.content);
  if (!id) {
    id = next_id++;
    ++beyond_model_;
  }
  by_content_[token.content] = entries_.size();
  if (!by_id_.emplace(*id, entries_.size()).second) {
    throw std::runtime_error(fmt::format("added token '{}' shares id {} with another", token.content, *id));
  }
  entries_.push_back({token, {}, *id});
}

AddedTokens::Finder AddedTokens::make_finder(bool normalized) const {
  Finder finder;
  std::vector<std::string> patterns;
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.token.normalized != normalized) continue;
    if (entry.pattern.empty() || !seen.insert(entry.pattern).second) {
      throw std::runtime_error(
          fmt::format("added token '{}' is, normalized, empty or another one", entry.token.content));
    }
    patterns.push_back(entry.pattern);
    finder.entries.push_back(i);
    finder.starts[static_cast<unsigned char>(entry.pattern[0])] = true;
  }
  finder.trie = ByteTrie(patterns);
  return finder;
}

// The leftmost token from byte `at` on, of those that start there the longest; `at` moves behind it. Everything before
// `done` belongs to a token already.
AddedTokens::Match AddedTokens::next_match(const Finder& finder, std::string_view text, std::size_t& at,
                                           std::size_t done) const {
  while (at < text.size()) {
    if (!finder.starts[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    std::size_t length = 0;
    std::int32_t value = -1;
    finder.trie.for_each_prefix(text, at, [&](std::size_t n, std::int32_t v) {
      length = n;
      value = v;
    });
    if (value < 0) {
      ++at;
      continue;
    }
    const Entry& entry = entries_[finder.entries[value]];
    Match match{at, at + length, entry.id};
    at = match.end;
    if (entry.token.single_word && touches_word(text, match.start, match.end)) continue;
    if (entry.token.lstrip) match.start = std::max(space_start(text, match.start), done);
    if (entry.token.rstrip) match.end = white_space_end(text, match.end);
    return match;
  }
  return {0, 0, -1};
}

std::optional<std::int32_t> AddedTokens::find(std::string_view content) const {
  const auto found = by_content_.find(content);
  return found == by_content_.end() ? std::nullopt : std::optional(entries_[found->second].id);
}

const std::string* AddedTokens::piece(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &entries_[found->second].pattern;
}

}  // namespace tokenizer
