// What Python's str knows of a character: letters, digits, case, what prints. Unicode is that of Python 3.11 (14.0):
// characters that a newer ICU knows are treated as unassigned.
#pragma once

#include <cstdint>
#include <string_view>

namespace jinja {

/// Assigned in the Unicode version of Python 3.11.
bool is_known(char32_t c);
bool is_printable(char32_t c);
bool is_cased(char32_t c);
bool is_case_ignorable(char32_t c);
bool is_lower_case(char32_t c);
bool is_upper_case(char32_t c);
bool is_title_case(char32_t c);
bool is_alpha(char32_t c);
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_numeric(char32_t c);
bool is_alnum(char32_t c);
/// "\w" of Python's regular expressions.
bool is_word_character(char32_t c);
/// The value of a decimal digit of any script, or -1.
int decimal_value(char32_t c);

// The str methods of that name. All but is_ascii_text and is_printable_text are false for "".
bool is_lower_text(std::string_view text);
bool is_upper_text(std::string_view text);
bool is_title_text(std::string_view text);
bool is_printable_text(std::string_view text);
bool is_identifier(std::string_view text);
/// Whether there is a character and all satisfy `wanted`: isalpha, isdigit, isspace, …
bool is_all(std::string_view text, bool (*wanted)(char32_t));

}  // namespace jinja
