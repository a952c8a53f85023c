// Python's textwrap.wrap as the filter wordwrap calls it: tabs and line ends stay, blanks at the ends of lines go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jinja {

struct WordWrap {
  std::int64_t width = 79;  // code points of a line, at least 1
  bool break_long_words = true, break_on_hyphens = true;
};

/// The lines of one paragraph.
std::vector<std::string> wrap_words(std::string_view text, const WordWrap& wrap);

}  // namespace jinja
