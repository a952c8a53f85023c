#include "tasks/loader_scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

using core::Json;

/// Two names of the data set with words between them in the text: the script leaves them.
constexpr std::array kUnfixable = {"Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"};

Json& column(Row& row, const std::string& name) {
  for (auto& [key, value] : std::get<Json::Object>(row.columns.value()))
    if (key == name) return value;
  throw std::runtime_error(fmt::format("no column '{}'", name));
}

/// str.split()[index]: words apart by any white space.
std::u32string word_at(const std::u32string& text, std::int64_t index) {
  std::int64_t word = -1;
  std::u32string found;
  bool inside = false;
  for (const char32_t c : text) {
    const bool space = core::is_python_space(c);
    if (!space && !inside) ++word;
    inside = !space;
    if (!space && word == index) found += c;
  }
  if (found.empty()) throw std::runtime_error(fmt::format("the text has no word {}", index));
  return found;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

void match_case(std::string& span, char32_t first) {
  const bool lower = first < 0x80 && is_lower(static_cast<char>(first));
  char& letter = span.at(0);
  if (static_cast<unsigned char>(letter) >= 0x80 || first >= 0x80)
    throw std::runtime_error(
        "a span or its word begins with a letter beyond ASCII, which the script was not seen with");
  if (lower && is_upper(letter)) letter = static_cast<char>(letter - 'A' + 'a');
  if (!lower && is_lower(letter)) letter = static_cast<char>(letter - 'a' + 'A');
}

void fix_span(Row& row, const std::string& name) {
  std::string span = column(row, name + "_text").as_string();
  const std::int64_t index = column(row, name + "_index").as_integer();
  const std::string text = column(row, "text").as_string();
  if (text.find(span) != std::string::npos) return;
  if (std::find(kUnfixable.begin(), kUnfixable.end(), span) != kUnfixable.end()) return;
  if (span.find("theyscold") != std::string::npos) column(row, "span2_index") = std::int64_t{10};
  match_case(span, word_at(core::to_code_points(text), index)[0]);
  span.erase(span.find_last_not_of('.') + 1);
  std::replace(span.begin(), span.end(), '\n', ' ');
  if (text.find(span) == std::string::npos)
    throw std::runtime_error(fmt::format("the span '{}' is not in the text", span));
  column(row, name + "_text") = span;
}

/// The members of `target` become columns, in its place.
void lift_target(Row& row) {
  auto& columns = std::get<Json::Object>(row.columns.value());
  const auto target = std::find_if(columns.begin(), columns.end(), [](const auto& c) { return c.first == "target"; });
  const Json::Object spans = target->second.as_object();
  const auto place = columns.erase(target);
  for (const auto& [name, value] : spans)
    if (std::any_of(columns.begin(), columns.end(), [&key = name](const auto& c) { return c.first == key; }))
      throw std::runtime_error(fmt::format("the column '{}' stands in 'target', too", name));
  columns.insert(place, spans.begin(), spans.end());
}

void fix_wsc(Row& row) {
  if (row.columns.find("target") == nullptr) return;
  lift_target(row);
  fix_span(row, "span1");
  fix_span(row, "span2");
}

}  // namespace

const std::vector<std::string>& loader_scripts() {
  static const std::vector<std::string> names = {"wsc.fixed"};
  return names;
}

void run_loader_script(const std::string& name, Row& row) {
  if (name != "wsc.fixed") throw std::invalid_argument("no loading script '" + name + "'");
  try {
    fix_wsc(row);
  } catch (const std::runtime_error& error) {
    throw core::FileError(row.place, fmt::format("loader '{}': {}", name, error.what()));
  }
}

}  // namespace tasks
