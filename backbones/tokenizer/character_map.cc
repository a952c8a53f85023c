#include "backbones/tokenizer/character_map.h"

#include <fmt/format.h>

#include <stdexcept>

#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

constexpr std::size_t kWholeClusterBelow = 6;  // bytes

// The parts of a darts-clone unit.
bool has_leaf(std::uint32_t unit) { return unit >> 8 & 1; }
std::uint32_t leaf_value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::size_t offset(std::uint32_t unit) { return std::size_t{unit >> 10} << ((unit & 512) >> 6); }

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::string decode_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    throw std::runtime_error(fmt::format("base64 of {} characters, not a multiple of 4", text.size()));
  std::size_t digits = text.size();
  for (int padding = 0; padding < 2 && digits > 0 && text[digits - 1] == '='; ++padding) --digits;
  std::string bytes;
  bytes.reserve(digits / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = base64_digit(text[i]);
    if (digit < 0) throw std::runtime_error(fmt::format("character {} is not base64", i));
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  if (bits & ((1U << count) - 1)) throw std::runtime_error("base64 ends in stray bits");
  return bytes;
}

CharacterMap::CharacterMap(std::string_view bytes) {
  if (bytes.size() < 4) throw std::runtime_error("the character map ends before its size");
  const std::size_t size = little_endian(bytes, 0);
  if (size % 4 != 0 || size == 0 || size > bytes.size() - 4) {
    throw std::runtime_error(fmt::format("the character map has {} bytes, its array wants {}", bytes.size() - 4, size));
  }
  units_.resize(size / 4);
  for (std::size_t i = 0; i < units_.size(); ++i) units_[i] = little_endian(bytes, 4 + 4 * i);
  replacements_ = bytes.substr(4 + size);
  if (const std::size_t at = core::find_invalid_utf8(replacements_); at != std::string::npos) {
    throw std::runtime_error(fmt::format("the character map is not UTF-8 at byte {}", 4 + size + at));
  }
  check_units();
  for (int c = 0; c < 128; ++c) plain_[c] = c != '\r' && !find(std::string(1, static_cast<char>(c)));
}

// Every unit that a look-up can reach lies inside the array, and every value at a character of the replacements.
void CharacterMap::check_units() const {
  const auto reach = [&](std::size_t from, std::size_t unit) {
    if (unit >= units_.size()) {
      throw std::runtime_error(
          fmt::format("unit {} of the character map leads to unit {} of {}", from, unit, units_.size()));
    }
    return unit;
  };
  std::vector<bool> seen(units_.size(), false);
  std::vector<std::size_t> open{0};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    const std::size_t base = at ^ offset(units_[at]);
    if (at != 0 && has_leaf(units_[at])) {
      const std::size_t value = leaf_value(units_[reach(at, base)]);
      if (value >= replacements_.size() || (static_cast<unsigned char>(replacements_[value]) & 0xC0) == 0x80) {
        throw std::runtime_error(fmt::format("unit {} of the character map points at no replacement", base));
      }
    }
    for (std::size_t byte = 1; byte < 256; ++byte) {
      const std::size_t next = reach(at, base ^ byte);
      if (label(units_[next]) == byte && !seen[next]) {
        seen[next] = true;
        open.push_back(next);
      }
    }
  }
}

// The replacement of the shortest key that is a prefix.
std::optional<std::string_view> CharacterMap::find(std::string_view cluster) const {
  std::size_t at = offset(units_[0]);
  for (const char c : cluster) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return {};
    at ^= byte;
    const std::uint32_t unit = units_[at];
    if (label(unit) != byte) return {};
    at ^= offset(unit);
    if (has_leaf(unit)) {
      const std::string_view rest = std::string_view(replacements_).substr(leaf_value(units_[at]));
      return rest.substr(0, rest.find('\0'));
    }
  }
  return {};
}

// Where the ASCII characters end that stay as they are. Two ASCII characters are two clusters, CR LF excepted; the one
// before another character may be part of a cluster with it.
std::size_t CharacterMap::plain_end(std::string_view text, std::size_t at) const {
  std::size_t end = at;
  while (end < text.size() && plain_[static_cast<unsigned char>(text[end])]) ++end;
  const bool joinable = end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80;
  return joinable && end > at ? end - 1 : end;
}

void CharacterMap::normalize_cluster(std::string_view cluster, std::string& out) const {
  if (cluster.size() < kWholeClusterBelow) {
    if (const auto replacement = find(cluster)) {
      out += *replacement;
      return;
    }
  }
  for (std::size_t i = 0; i < cluster.size();) {
    const std::string_view character = cluster.substr(i, decode_at(cluster, i).bytes);
    const auto replacement = find(character);
    out += replacement ? *replacement : character;
    i += character.size();
  }
}

void CharacterMap::normalize(std::string_view text, std::string& out) const {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t plain = plain_end(text, start);
    out += text.substr(start, plain - start);
    if (plain == text.size()) return;
    start = grapheme_end(text, plain);
    normalize_cluster(text.substr(plain, start - plain), out);
  }
}

}  // namespace tokenizer
