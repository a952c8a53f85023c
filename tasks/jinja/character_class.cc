#include "tasks/jinja/character_class.h"

#include <unicode/uchar.h>

#include "harness/core/text.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr int kUnicodeOfPython = 14;

/// Lower case since Unicode 15.1.
bool is_newly_lower(char32_t c) { return c == 0x10FC || (c >= 0xA7F2 && c <= 0xA7F4) || c == 0xAB69; }

bool has_property(char32_t c, UProperty property) {
  return is_known(c) && u_hasBinaryProperty(static_cast<UChar32>(c), property);
}

UNumericType numeric_type(char32_t c) {
  if (!is_known(c)) return U_NT_NONE;
  return static_cast<UNumericType>(u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE));
}

/// True where every cased character satisfies `wanted` and there is one.
bool all_cased(std::string_view text, bool (*wanted)(char32_t)) {
  bool any = false;
  for (std::size_t byte = 0; byte < text.size();) {
    const char32_t c = next_code_point(text, byte);
    if (!is_lower_case(c) && !is_upper_case(c) && !is_title_case(c)) continue;
    if (!wanted(c)) return false;
    any = true;
  }
  return any;
}

}  // namespace

bool is_known(char32_t c) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > 0 && age[0] <= kUnicodeOfPython;
}

bool is_printable(char32_t c) {
  if (c < 0x7F) return c >= 0x20;
  if (!is_known(c)) return false;
  constexpr std::uint32_t kHidden = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK |
                                    U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_ZS_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & kHidden) == 0;
}

bool is_cased(char32_t c) { return has_property(c, UCHAR_CASED) && !is_newly_lower(c); }
bool is_case_ignorable(char32_t c) { return has_property(c, UCHAR_CASE_IGNORABLE); }
bool is_lower_case(char32_t c) { return has_property(c, UCHAR_LOWERCASE) && !is_newly_lower(c); }
bool is_upper_case(char32_t c) { return has_property(c, UCHAR_UPPERCASE); }
bool is_title_case(char32_t c) { return is_known(c) && u_istitle(static_cast<UChar32>(c)); }

bool is_alpha(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_known(c) && (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_L_MASK) != 0;
}
bool is_decimal(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return numeric_type(c) == U_NT_DECIMAL;
}
bool is_digit(char32_t c) {
  const UNumericType type = numeric_type(c);
  return type == U_NT_DECIMAL || type == U_NT_DIGIT;
}
bool is_numeric(char32_t c) { return numeric_type(c) != U_NT_NONE; }
bool is_alnum(char32_t c) { return is_alpha(c) || is_numeric(c); }
bool is_word_character(char32_t c) { return c == '_' || is_alnum(c); }

int decimal_value(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9' ? static_cast<int>(c - '0') : -1;
  return is_decimal(c) ? u_charDigitValue(static_cast<UChar32>(c)) : -1;
}

bool is_lower_text(std::string_view text) { return all_cased(text, is_lower_case); }
bool is_upper_text(std::string_view text) { return all_cased(text, is_upper_case); }

bool is_title_text(std::string_view text) {
  bool in_word = false, any = false;
  for (std::size_t byte = 0; byte < text.size();) {
    const char32_t c = next_code_point(text, byte);
    const bool capital = is_upper_case(c) || is_title_case(c), small = is_lower_case(c);
    if ((capital && in_word) || (small && !in_word)) return false;
    in_word = capital || small;
    any = any || in_word;
  }
  return any;
}

bool is_printable_text(std::string_view text) { return text.empty() || is_all(text, is_printable); }

bool is_identifier(std::string_view text) {
  for (std::size_t byte = 0; byte < text.size();) {
    const bool first = byte == 0;
    const char32_t c = next_code_point(text, byte);
    if (!has_property(c, first ? UCHAR_XID_START : UCHAR_XID_CONTINUE) && c != '_') return false;
  }
  return !text.empty();
}

bool is_all(std::string_view text, bool (*wanted)(char32_t)) {
  for (std::size_t byte = 0; byte < text.size();)
    if (!wanted(next_code_point(text, byte))) return false;
  return !text.empty();
}

}  // namespace jinja
