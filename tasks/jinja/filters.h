// The filters and tests of templates: jinja2's and PromptSource's choice, most_frequent and highlight.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/random.h"
#include "tasks/jinja/call.h"

namespace jinja {

/// Random draws of one rendering, as Python's random.choice makes them. Seeded at the first draw, for most templates
/// never.
class Draws {
 public:
  explicit Draws(std::function<std::uint64_t()> seed) : seed_(std::move(seed)) {}
  std::size_t below(std::size_t n);

 private:
  std::function<std::uint64_t()> seed_;
  std::optional<core::PythonRandom> random_;
};

using Filter = Value (*)(Draws&, const Value&, const Arguments&);
using Test = bool (*)(const Value&, const Arguments&);

/// nullptr where there is none of that name.
Filter find_filter(std::string_view name);
Test find_test(std::string_view name);
/// Why there is none: it is not supported here, or no such name, with a suggestion.
std::string no_filter(std::string_view name);
std::string no_test(std::string_view name);

}  // namespace jinja
