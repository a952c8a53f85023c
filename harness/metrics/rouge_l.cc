#include "harness/metrics/rouge_l.h"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

#include "harness/metrics/porter_stemmer.h"

namespace metrics {
namespace {

constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
constexpr std::size_t kMostStemBytes = std::size_t{64} << 20;
constexpr std::size_t kMostSeen = 4096;  // responses to one list of references

/// The lower case of a byte that belongs to a token, 0 for what separates tokens.
constexpr std::array<char, 256> kTokenByte = [] {
  std::array<char, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c);
  for (int c = 'a'; c <= 'z'; ++c)
    table[static_cast<std::size_t>(c)] = table[static_cast<std::size_t>(c - 'a' + 'A')] = static_cast<char>(c);
  return table;
}();

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

/// Text with every byte that belongs to no token turned into a 0. Of all characters beyond ASCII only two have ASCII in
/// their lower case: U+212A KELVIN SIGN is k, U+0130 is i and a combining dot.
void lower_into(std::string& out, std::string_view text) {
  out.resize(text.size());
  std::transform(text.begin(), text.end(), out.begin(),
                 [](char c) { return kTokenByte[static_cast<unsigned char>(c)]; });
  if (is_ascii(text)) return;
  constexpr std::string_view kKelvin = "\u212A", kDottedI = "\u0130";
  std::size_t write = 0;
  for (std::size_t read = 0; read < text.size();) {
    const std::string_view rest = text.substr(read);
    if (rest.starts_with(kKelvin)) {
      out[write++] = 'k';
      read += kKelvin.size();
    } else if (rest.starts_with(kDottedI)) {
      out[write++] = 'i';
      out[write++] = 0;
      read += kDottedI.size();
    } else {
      out[write++] = out[read++];
    }
  }
  out.resize(write);
}

template <class Visit>
void for_each_token(std::string_view lowered, Visit visit) {
  for (std::size_t at = 0; at < lowered.size();) {
    if (lowered[at] == 0) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < lowered.size() && lowered[end] != 0) ++end;
    visit(lowered.substr(at, end - at));
    at = end + 1;
  }
}

RougeScore from_lengths(std::size_t common, std::size_t response, std::size_t reference) {
  if (response == 0 || reference == 0) return {};
  const double precision = static_cast<double>(common) / static_cast<double>(response);
  const double recall = static_cast<double>(common) / static_cast<double>(reference);
  const double sum = precision + recall;
  return {precision, recall, sum > 0 ? 2 * precision * recall / sum : 0.0};
}

}  // namespace

std::vector<std::string> RougeL::tokens(std::string_view text) {
  std::string lowered;
  lower_into(lowered, text);
  std::vector<std::string> out;
  for_each_token(lowered, [&](std::string_view token) {
    out.push_back(token.size() > 3 ? porter_stem(token) : std::string(token));
  });
  return out;
}

void RougeL::tokenize(std::string_view text) {
  lower_into(lowered_, text);
  ids_.clear();
  for_each_token(lowered_, [&](std::string_view token) { ids_.push_back(stems_.id(token)); });
}

void RougeL::set_references(std::span<const std::string> references) {
  for (const std::uint32_t stem : numbered_) numbers_[stem] = kNowhere;
  numbered_.clear();
  seen_.clear();
  if (stems_.bytes() > kMostStemBytes) {
    stems_.clear();
    numbers_.clear();
  }
  references_.clear();
  for (const std::string& reference : references) {
    tokenize(reference);
    for (std::uint32_t& id : ids_) {
      if (id >= numbers_.size()) numbers_.resize(id + 1, kNowhere);
      if (numbers_[id] == kNowhere) {
        numbers_[id] = static_cast<std::uint32_t>(numbered_.size());
        numbered_.push_back(id);
      }
      id = numbers_[id];
    }
    references_.push_back(ids_);
  }
  masks_.assign(numbered_.size(), 0);
  texts_.assign(references.begin(), references.end());
}

/// `ids_` holds the numbers of the response's words that occur in a reference; the others change nothing.
std::size_t RougeL::common_subsequence(const Words& reference) {
  constexpr std::size_t kBits = 64;
  carries_.assign(ids_.size(), 0);
  std::size_t common = 0;
  for (std::size_t begin = 0; begin < reference.size(); begin += kBits) {
    const auto block = std::span(reference).subspan(begin, std::min(kBits, reference.size() - begin));
    for (std::size_t i = 0; i < block.size(); ++i) masks_[block[i]] |= std::uint64_t{1} << i;
    std::uint64_t bits = ~std::uint64_t{0};
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const std::uint64_t matched = bits & masks_[ids_[i]];
      const std::uint64_t partial = bits + matched, sum = partial + carries_[i];
      carries_[i] = partial < matched || sum < partial;
      bits = sum | (bits - matched);
    }
    common += static_cast<std::size_t>(std::popcount(~bits));
    for (const std::uint32_t word : block) masks_[word] = 0;
  }
  return common;
}

RougeScore RougeL::compute(std::string_view response) {
  tokenize(response);
  const std::size_t length = ids_.size();
  std::size_t kept = 0;
  for (const std::uint32_t stem : ids_)
    if (stem < numbers_.size() && numbers_[stem] != kNowhere) ids_[kept++] = numbers_[stem];
  ids_.resize(kept);
  RougeScore best;
  for (std::size_t i = 0; i < references_.size(); ++i) {
    const RougeScore score = from_lengths(common_subsequence(references_[i]), length, references_[i].size());
    if (i == 0 || score.f > best.f) best = score;
  }
  return best;
}

RougeScore RougeL::precision_recall_f(std::string_view response, std::span<const std::string> references) {
  if (references.empty()) throw std::invalid_argument("Rouge-L: the list of references is empty");
  if (!std::ranges::equal(references, texts_) || stems_.bytes() > kMostStemBytes) set_references(references);
  const auto seen = seen_.find(response);
  if (seen != seen_.end()) return seen->second;
  const RougeScore score = compute(response);
  if (seen_.size() >= kMostSeen) seen_.clear();
  seen_.emplace(response, score);
  return score;
}

}  // namespace metrics
