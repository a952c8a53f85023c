#include "harness/metrics/rouge_l.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "harness/metrics/porter_stemmer.h"

namespace metrics {
namespace {

constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
constexpr std::size_t kMostStemBytes = std::size_t{64} << 20;

/// The lower case of a byte that belongs to a token, 0 for what separates tokens. No branch and no table, so that a
/// loop over a block of fixed length is done by vectors.
constexpr char token_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const auto lower = static_cast<unsigned char>(byte | 0x20);
  const bool letter = static_cast<unsigned char>(lower - 'a') < 26, digit = static_cast<unsigned char>(byte - '0') < 10;
  return static_cast<char>((letter ? lower : 0) | (digit ? byte : 0));
}

/// Of all characters beyond ASCII only two have ASCII in their lower case: U+212A KELVIN SIGN is k, U+0130 is i and a
/// combining dot.
void lower_beyond_ascii(std::string& out, std::string_view text) {
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
      out[write++] = token_byte(text[read++]);
    }
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(write), out.end(), '\0');
}

constexpr std::size_t kLowered = 16;
static_assert(kLowered <= StemTable::kPadding);
using Block = std::array<char, kLowered>;

/// Lowers 16 bytes, and gathers their bits in `all`.
void lower_block(const char* text, char* out, Block& all) {
  Block block;
  std::memcpy(block.data(), text, block.size());
  for (std::size_t i = 0; i < block.size(); ++i) all[i] = static_cast<char>(all[i] | block[i]);
  for (char& c : block) c = token_byte(c);
  std::memcpy(out, block.data(), block.size());
}

/// The text with every byte that belongs to no token turned into 0, and at least kPadding bytes of 0 behind it.
void lower_into(std::string& out, std::string_view text) {
  out.resize((text.size() / 8 + 1) * 8 + StemTable::kPadding);
  char* const bytes = out.data();
  Block all{};
  const std::size_t whole = text.size() / kLowered * kLowered;
  for (std::size_t i = 0; i < whole; i += kLowered) lower_block(text.data() + i, bytes + i, all);
  Block rest{};
  std::memcpy(rest.data(), text.data() + whole, text.size() - whole);
  lower_block(rest.data(), bytes + whole, all);
  std::fill(bytes + whole + kLowered, bytes + out.size(), '\0');
  std::uint64_t halves[2];
  std::memcpy(halves, all.data(), sizeof halves);
  if (((halves[0] | halves[1]) & 0x8080808080808080u) != 0) lower_beyond_ascii(out, text);
}

/// A bit for each of 8 bytes below 0x80, set where the byte is not 0; the first byte is the lowest bit.
std::uint64_t occupied(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  const std::uint64_t high_bits = (word + 0x7F7F7F7F7F7F7F7Fu) & 0x8080808080808080u;
  return (high_bits >> 7) * 0x0102040810204080u >> 56;
}

/// Walks the runs of bytes other than 0, 64 bytes at a time: branches on single bytes would be mispredicted twice a
/// token.
template <class Visit>
void for_each_token(std::string_view lowered, Visit visit) {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t begin = kNone;  // of the token that is open
  for (std::size_t block = 0; block < lowered.size(); block += 64) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < 64 && block + i + 8 <= lowered.size(); i += 8)
      mask |= occupied(lowered.data() + block + i) << i;
    const std::uint64_t before = mask << 1 | (begin != kNone);
    for (std::uint64_t changes = mask ^ before; changes != 0; changes &= changes - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(changes));
      if (begin != kNone) visit(lowered.substr(begin, at - begin));
      begin = begin == kNone ? at : kNone;
    }
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
  ++generation_;
  if (stems_.bytes() > kMostStemBytes) {
    stems_.clear();
    numbers_.clear();
  }
  words_.clear();
  ends_.clear();
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
    words_.insert(words_.end(), ids_.begin(), ids_.end());
    ends_.push_back(words_.size());
  }
  masks_.assign(numbered_.size(), 0);
  texts_.assign(references.begin(), references.end());
}

/// `ids_` holds the numbers of the response's words that occur in a reference; the others change nothing.
std::size_t RougeL::common_subsequence(std::span<const std::uint32_t> reference) {
  constexpr std::size_t kBits = 64;
  carries_.assign(ids_.size(), 0);
  std::size_t common = 0;
  for (std::size_t begin = 0; begin < reference.size(); begin += kBits) {
    const auto block = reference.subspan(begin, std::min(kBits, reference.size() - begin));
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

/// The score against the references of now, not looked up.
RougeScore RougeL::compute(std::string_view response) {
  tokenize(response);
  const std::size_t length = ids_.size();
  std::size_t kept = 0;
  for (const std::uint32_t stem : ids_)
    if (stem < numbers_.size() && numbers_[stem] != kNowhere) ids_[kept++] = numbers_[stem];
  ids_.resize(kept);
  RougeScore best;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    const auto reference = std::span(words_).subspan(begin, ends_[i] - begin);
    const RougeScore score = from_lengths(common_subsequence(reference), length, reference.size());
    if (i == 0 || score.f > best.f) best = score;
  }
  return best;
}

RougeScore RougeL::precision_recall_f(std::string_view response, std::span<const std::string> references) {
  if (references.empty()) throw std::invalid_argument("Rouge-L: the list of references is empty");
  if (!std::ranges::equal(references, texts_) || stems_.bytes() > kMostStemBytes) set_references(references);
  Seen& seen = seen_[std::hash<std::string_view>()(response) % seen_.size()];
  if (seen.generation != generation_ || seen.response != response) {
    seen.score = compute(response);
    seen.response.assign(response);
    seen.generation = generation_;
  }
  return seen.score;
}

}  // namespace metrics
