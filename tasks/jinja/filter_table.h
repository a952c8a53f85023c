// The filters by subject, in a table each; filters.cc looks them up.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tasks/jinja/filters.h"

namespace jinja {

struct FilterEntry {
  std::string_view name;
  Filter filter;  // null: jinja2 has it, prompts have no use for it
};

std::span<const FilterEntry> text_filters();
std::span<const FilterEntry> markup_filters();
std::span<const FilterEntry> number_filters();
std::span<const FilterEntry> sequence_filters();
std::span<const FilterEntry> order_filters();

/// Whether an optional argument is there and true.
bool is_set(const Value* argument);
/// str(value).
std::string text_of(const Value& value);

}  // namespace jinja
