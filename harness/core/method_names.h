// The names of the methods of selection. They share the columns of every table with the names of decodings, so that no
// decoding may take one.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace core {

inline constexpr std::array<std::string_view, 8> kMethodNames{
    "each-decoding", "self-score-sum", "self-score-mean", "self-score-bytes", "self-score-unconditional",
    "cappy",         "oracle",         "random"};

/// Whether a column of this name belongs to a method: its name, or "cappy" and a scorer's name.
inline bool is_method_column(std::string_view name) {
  return std::ranges::find(kMethodNames, name) != kMethodNames.end() || name.starts_with("cappy ");
}

}  // namespace core
