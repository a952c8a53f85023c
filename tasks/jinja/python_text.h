// The methods of Python's str on UTF-8: case mappings, white space, printable characters, search by code points.
// Unicode is that of Python 3.11 (14.0): characters that a newer ICU knows are treated as unassigned.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jinja {

bool is_ascii(std::string_view text);
/// len(text).
std::int64_t count_code_points(std::string_view text);
/// The byte where code point `index` starts; text.size() where there are not so many.
std::size_t byte_of(std::string_view text, std::int64_t index);
/// Decodes the code point at `byte` and moves `byte` behind it.
char32_t next_code_point(std::string_view text, std::size_t& byte);
/// text[start:stop] for 0 <= start <= stop.
std::string_view substring(std::string_view text, std::int64_t start, std::int64_t stop);

std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);
bool is_lower(std::string_view text);  // str.islower
bool is_upper(std::string_view text);  // str.isupper

/// repr(text): quotes, escapes, printable characters as they are.
void append_repr(std::string& out, std::string_view text);

enum class Side { kLeft, kRight, kBoth };
std::string_view strip(std::string_view text, Side side);
/// Strips the characters of a set.
std::string_view strip(std::string_view text, std::string_view characters, Side side);

/// str.split() and str.split(separator, limit); `limit` < 0: no limit. The separator is not empty.
std::vector<std::string_view> split_white_space(std::string_view text, std::int64_t limit);
std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit);
/// str.replace(from, to, count), also for an empty `from`; `count` < 0: all.
std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count);

}  // namespace jinja
