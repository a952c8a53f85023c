// The case mappings of Python's str: full Unicode, so that a mapping may lengthen a text ("ß" to "SS"), with the rule
// of the final sigma, without a locale.
#pragma once

#include <string>
#include <string_view>

namespace jinja {

std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);  // str.title, not the filter
std::string swap_case(std::string_view text);
std::string casefold(std::string_view text);

}  // namespace jinja
