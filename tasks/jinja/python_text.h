// The methods of Python's str on UTF-8 that cut, search and put together, all by code points.
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

/// repr(text): quotes, escapes, printable characters as they are.
void append_repr(std::string& out, std::string_view text);
/// ascii() of what repr() gave: all but ASCII escaped.
std::string escape_non_ascii(std::string_view repr);

enum class Side { kLeft, kRight, kBoth };
std::string_view strip(std::string_view text, Side side);
/// Strips the characters of a set.
std::string_view strip(std::string_view text, std::string_view characters, Side side);

/// str.split() and str.split(separator, limit); `limit` < 0: no limit. The separator is not empty.
std::vector<std::string_view> split_white_space(std::string_view text, std::int64_t limit);
std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit);
/// The same from the right: str.rsplit.
std::vector<std::string_view> split_white_space_right(std::string_view text, std::int64_t limit);
std::vector<std::string_view> split_right(std::string_view text, std::string_view separator, std::int64_t limit);
/// str.splitlines, the line ends kept or not.
enum class LineEnds { kDropped, kKept };
std::vector<std::string_view> split_lines(std::string_view text, LineEnds ends = LineEnds::kDropped);
/// str.expandtabs.
std::string expand_tabs(std::string_view text, std::int64_t tab_size);
/// `text` filled up to `width` code points with the character `fill` on the sides: kLeft pads the right of a text that
/// stands left, kBoth is str.center.
std::string pad(std::string_view text, std::int64_t width, std::string_view fill, Side stands);
/// str.replace(from, to, count), also for an empty `from`; `count` < 0: all.
std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count);

}  // namespace jinja
