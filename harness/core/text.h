// Text as Python's str has it: code points, Unicode white space. No regular expressions, no locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// str.isspace of one code point: U+0009–000D, 001C–001F, 0020, 0085, 00A0, 1680, 2000–200A, 2028, 2029, 202F, 205F,
/// 3000.
bool is_python_space(char32_t c);
/// str.strip().
std::string_view strip(std::string_view text);

/// Code points of valid UTF-8. Throws std::invalid_argument that names the byte.
std::u32string to_code_points(std::string_view utf8);
std::string to_utf8(std::u32string_view code_points);
void append_utf8(std::string& out, char32_t c);
/// The byte of the first invalid sequence, or npos.
std::size_t find_invalid_utf8(std::string_view text);

std::vector<std::string_view> split(std::string_view text, std::string_view separator);  // str.split(sep)
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);  // `from` is not empty

/// A name that may become part of a file's name and of keys: letters, digits, '-', '_' and '.' (not first).
bool is_name(std::string_view text);
/// The same for a message: "'a b' is no name: …".
inline constexpr std::string_view kNameRule = "letters, digits, '-', '_' and '.' (not first) make one";

}  // namespace core
