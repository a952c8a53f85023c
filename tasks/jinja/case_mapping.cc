#include "tasks/jinja/case_mapping.h"

#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "harness/core/text.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr char32_t kCapitalIDot = 0x130, kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;

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

void append_folded(std::string& out, char32_t c) {
  if (!is_known(c)) return core::append_utf8(out, c);
  UChar from[2], to[8];
  int size = 0;
  U16_APPEND_UNSAFE(from, size, static_cast<UChar32>(c));
  UErrorCode status = U_ZERO_ERROR;
  append_utf16(out, to, u_strFoldCase(to, 8, from, size, U_FOLD_CASE_DEFAULT, &status));
}

template <class Map>
std::string map_ascii(std::string_view text, Map map) {
  std::string out(text);
  for (char& c : out) c = map(c);
  return out;
}
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

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

std::string swap_case(std::string_view text) {
  const std::u32string characters = core::to_code_points(text);
  std::string out;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (is_upper_case(characters[i]))
      append_lower(out, characters, i);
    else if (is_lower_case(characters[i]))
      append_upper(out, characters[i]);
    else
      core::append_utf8(out, characters[i]);
  }
  return out;
}

std::string casefold(std::string_view text) {
  std::string out;
  for (std::size_t byte = 0; byte < text.size();) append_folded(out, next_code_point(text, byte));
  return out;
}

}  // namespace jinja
