#include "tasks/jinja/python_text.h"

#include <fmt/format.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>

#include "harness/core/text.h"

namespace jinja {
namespace {

constexpr char32_t kCapitalIDot = 0x130, kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;

/// Assigned in the Unicode version of Python 3.11.
bool is_known(char32_t c) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > 0 && age[0] <= 14;
}

bool is_printable(char32_t c) {
  if (c < 0x7F) return c >= 0x20;
  if (!is_known(c)) return false;
  constexpr std::uint32_t kHidden = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK |
                                    U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_ZS_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & kHidden) == 0;
}

bool is_cased(char32_t c) { return is_known(c) && u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED); }
bool is_case_ignorable(char32_t c) {
  return is_known(c) && u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASE_IGNORABLE);
}

/// A capital sigma at `i` is final: a cased letter before it and none after, case-ignorable ones not counted.
bool is_final_sigma(const std::u32string& text, std::size_t i) {
  std::size_t before = i;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  std::size_t after = i + 1;
  while (after < text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

void append_lower(std::string& out, const std::u32string& text, std::size_t i) {
  const char32_t c = text[i];
  if (c == kCapitalIDot) return void(out += "i\xCC\x87");
  if (c == kCapitalSigma && is_final_sigma(text, i)) return core::append_utf8(out, kFinalSigma);
  core::append_utf8(out, is_known(c) ? static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))) : c);
}

void append_utf16(std::string& out, const UChar* text, int length) {
  for (int i = 0; i < length;) {
    UChar32 c;
    U16_NEXT(text, i, length, c);
    core::append_utf8(out, static_cast<char32_t>(c));
  }
}

void append_upper(std::string& out, char32_t c) {
  if (!is_known(c)) return core::append_utf8(out, c);
  UChar from[2], to[8];
  int size = 0;
  U16_APPEND_UNSAFE(from, size, static_cast<UChar32>(c));
  UErrorCode status = U_ZERO_ERROR;
  append_utf16(out, to, u_strToUpper(to, 8, from, size, "", &status));
}

void append_title(std::string& out, char32_t c) {
  if (c < 0x80) return void(out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  if (!is_known(c)) return core::append_utf8(out, c);
  UChar from[2], to[8];
  int size = 0;
  U16_APPEND_UNSAFE(from, size, static_cast<UChar32>(c));
  UErrorCode status = U_ZERO_ERROR;
  constexpr std::uint32_t kOptions = U_TITLECASE_WHOLE_STRING | U_TITLECASE_NO_BREAK_ADJUSTMENT;
  append_utf16(out, to, icu::CaseMap::toTitle("", kOptions, nullptr, from, size, to, 8, nullptr, status));
}

template <class Map>
std::string map_ascii(std::string_view text, Map map) {
  std::string out(text);
  for (char& c : out) c = map(c);
  return out;
}
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

/// True where every cased character satisfies `wanted` and there is one.
template <class Wanted>
bool all_cased(std::string_view text, Wanted wanted) {
  bool any = false;
  for (std::size_t byte = 0; byte < text.size();) {
    const auto c = static_cast<UChar32>(next_code_point(text, byte));
    const bool low = u_hasBinaryProperty(c, UCHAR_LOWERCASE), up = u_hasBinaryProperty(c, UCHAR_UPPERCASE);
    if (!low && !up && !u_istitle(c)) continue;
    if (!wanted(low, up)) return false;
    any = true;
  }
  return any;
}

void append_escape(std::string& out, char32_t c) {
  if (c == '\n')
    out += "\\n";
  else if (c == '\r')
    out += "\\r";
  else if (c == '\t')
    out += "\\t";
  else if (c < 0x100)
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  else if (c < 0x10000)
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  else
    out += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
}

std::size_t previous_start(std::string_view text, std::size_t end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

template <class InSet>
std::string_view strip_if(std::string_view text, Side side, InSet in_set) {
  if (side != Side::kRight) {
    std::size_t byte = 0, next = 0;
    while (byte < text.size() && in_set(next_code_point(text, next))) byte = next;
    text.remove_prefix(byte);
  }
  if (side != Side::kLeft) {
    while (!text.empty()) {
      const std::size_t start = previous_start(text, text.size());
      std::size_t byte = start;
      if (!in_set(next_code_point(text, byte))) break;
      text = text.substr(0, start);
    }
  }
  return text;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; });
}

std::int64_t count_code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::size_t byte_of(std::string_view text, std::int64_t index) {
  if (index <= 0) return 0;
  std::int64_t seen = 0;
  for (std::size_t byte = 0; byte < text.size(); ++byte)
    if ((static_cast<unsigned char>(text[byte]) & 0xC0) != 0x80 && seen++ == index) return byte;
  return text.size();
}

char32_t next_code_point(std::string_view text, std::size_t& byte) {
  const auto at = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(i < text.size() ? text[i] : 0));
  };
  const char32_t lead = at(byte);
  const int size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (int i = 1; i < size; ++i) c = c << 6 | (at(byte + static_cast<std::size_t>(i)) & 0x3F);
  byte = std::min(text.size(), byte + static_cast<std::size_t>(size));
  return c;
}

std::string_view substring(std::string_view text, std::int64_t start, std::int64_t stop) {
  const std::size_t first = byte_of(text, start);
  const std::string_view rest = text.substr(first);
  return rest.substr(0, byte_of(rest, stop - start));
}

std::string lower(std::string_view text) {
  if (is_ascii(text)) return map_ascii(text, ascii_lower);
  const std::u32string characters = core::to_code_points(text);
  std::string out;
  for (std::size_t i = 0; i < characters.size(); ++i) append_lower(out, characters, i);
  return out;
}

std::string upper(std::string_view text) {
  if (is_ascii(text)) return map_ascii(text, ascii_upper);
  std::string out;
  for (std::size_t byte = 0; byte < text.size();) append_upper(out, next_code_point(text, byte));
  return out;
}

std::string capitalize(std::string_view text) {
  const std::u32string characters = core::to_code_points(text);
  std::string out;
  if (!characters.empty()) append_title(out, characters[0]);
  for (std::size_t i = 1; i < characters.size(); ++i) append_lower(out, characters, i);
  return out;
}

std::string title(std::string_view text) {
  const std::u32string characters = core::to_code_points(text);
  std::string out;
  bool in_word = false;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (in_word)
      append_lower(out, characters, i);
    else
      append_title(out, characters[i]);
    in_word = is_cased(characters[i]);
  }
  return out;
}

bool is_lower(std::string_view text) {
  return all_cased(text, [](bool low, bool) { return low; });
}
bool is_upper(std::string_view text) {
  return all_cased(text, [](bool, bool up) { return up; });
}

void append_repr(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos,
             has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (std::size_t byte = 0; byte < text.size();) {
    const std::size_t start = byte;
    const char32_t c = next_code_point(text, byte);
    if (c == static_cast<char32_t>(quote) || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (is_printable(c))
      out += text.substr(start, byte - start);
    else
      append_escape(out, c);
  }
  out += quote;
}

std::string_view strip(std::string_view text, Side side) {
  return strip_if(text, side, [](char32_t c) { return core::is_python_space(c); });
}

std::string_view strip(std::string_view text, std::string_view characters, Side side) {
  const std::u32string set = core::to_code_points(characters);
  return strip_if(text, side, [&](char32_t c) { return set.find(c) != std::u32string::npos; });
}

std::vector<std::string_view> split_white_space(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, Side::kLeft);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(strip(rest, Side::kRight));
      break;
    }
    std::size_t end = 0, next = 0;
    while (end < rest.size() && !core::is_python_space(next_code_point(rest, next))) end = next;
    parts.push_back(rest.substr(0, end));
    rest = strip(rest.substr(end), Side::kLeft);
  }
  return parts;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t found = text.find(separator, start);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(start, found - start));
    start = found + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  std::string out;
  if (!from.empty()) {
    const auto parts = split(text, from, count);
    for (std::size_t i = 0; i < parts.size(); ++i) (out += i ? to : std::string_view()) += parts[i];
    return out;
  }
  std::int64_t done = 0;
  for (std::size_t byte = 0; byte <= text.size();) {
    if (count < 0 || done++ < count) out += to;
    if (byte == text.size()) break;
    const std::size_t start = byte;
    next_code_point(text, byte);
    out += text.substr(start, byte - start);
  }
  return out;
}

}  // namespace jinja
