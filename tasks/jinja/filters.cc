#include "tasks/jinja/filters.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/operators.h"

namespace jinja {

std::size_t Draws::below(std::size_t n) {
  if (!random_) random_.emplace(seed_());
  return static_cast<std::size_t>(random_->below(n));
}

namespace {

using Tables = std::array<std::span<const FilterEntry>, 5>;
Tables tables() { return {text_filters(), markup_filters(), number_filters(), sequence_filters(), order_filters()}; }

const FilterEntry* find_entry(std::string_view name) {
  for (const auto& table : tables())
    for (const FilterEntry& entry : table)
      if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace

Filter find_filter(std::string_view name) {
  const FilterEntry* entry = find_entry(name);
  return entry ? entry->filter : nullptr;
}

std::string no_filter(std::string_view name) {
  if (find_entry(name)) return fmt::format("the filter '{}' is not supported here", name);
  std::vector<std::string> names;
  for (const auto& table : tables())
    for (const FilterEntry& entry : table)
      if (entry.filter) names.emplace_back(entry.name);
  return fmt::format("no filter is called '{}'{}", name, core::did_you_mean(name, names));
}

bool is_set(const Value* argument) { return argument && truth(*argument); }

std::string text_of(const Value& value) {
  std::string text;
  append_text(text, value);
  return text;
}

}  // namespace jinja
