#include "backbones/command_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/errors.h"
#include "harness/core/records.h"

namespace backbones {
namespace {

using core::Json;

/// Equal as JSON: 1 and 1.0 are one number, and programs put the keys of an object in their own order.
bool is_same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (a.is_array() && b.is_array()) return std::ranges::equal(a.as_array(), b.as_array(), is_same);
  if (!a.is_object() || !b.is_object()) return a == b;
  return a.as_object().size() == b.as_object().size() && std::ranges::all_of(a.as_object(), [&](const auto& field) {
           const Json* other = b.find(field.first);
           return other != nullptr && is_same(field.second, *other);
         });
}

const Json* find(const Json::Object& object, std::string_view key) {
  const auto found = std::ranges::find_if(object, [&](const auto& field) { return field.first == key; });
  return found == object.end() ? nullptr : &found->second;
}

constexpr std::size_t kShownBytes = 100;  // of what is wrong, in messages

core::JsonRecord parse(std::string_view line) {
  try {
    return core::JsonRecord::parse(line);
  } catch (const std::runtime_error& error) {
    const bool not_finite = line.find("NaN") != std::string_view::npos || line.find("Inf") != std::string_view::npos;
    throw std::runtime_error(
        fmt::format("{}{}; it begins with '{}'", error.what(),
                    not_finite ? " (NaN and Infinity are no JSON; null says that a value is unknown)" : "",
                    shown_text(line, kShownBytes)));
  }
}

}  // namespace

Answer::Answer(std::string_view line, const Json::Object& question, const std::vector<std::string>& fields)
    : record_(parse(line)) {
  const Json whole = record_.to_json();
  for (const auto& field : whole.as_object()) check_field(field, question, fields);
  repeats_question_ = std::ranges::all_of(question, [&](const auto& field) { return record_.raw(field.first); });
}

void Answer::check_field(const std::pair<std::string, Json>& field, const Json::Object& question,
                         const std::vector<std::string>& fields) const {
  const auto& [key, value] = field;
  if (std::ranges::find(fields, key) != fields.end()) return;
  const Json* asked = find(question, key);
  if (asked == nullptr) {
    throw std::runtime_error(fmt::format("unknown field '{}'{}: expected {}", key, core::did_you_mean(key, fields),
                                         fmt::join(fields, ", ")));
  }
  if (!is_same(value, *asked)) {
    throw MixUp(fmt::format(
        "field '{}' is {}, but the question has {}: answers must come in the order of the questions", key,
        shown_text(core::write_json(value), kShownBytes), shown_text(core::write_json(*asked), kShownBytes)));
  }
}

double Answer::number(std::string_view field) const {
  const double value = record_.number(field);
  if (!std::isfinite(value)) throw std::runtime_error(fmt::format("field '{}': expected a finite number", field));
  return value;
}

std::optional<double> Answer::number_or_null(std::string_view field) const {
  const std::string* written = record_.raw(field);
  if (written != nullptr && *written == "null") return {};
  return number(field);
}

std::int64_t Answer::count_or_unknown(std::string_view field) const {
  const std::string* written = record_.raw(field);
  if (written == nullptr || *written == "null") return core::kUnknownCount;
  const std::int64_t count = record_.integer(field);
  if (count < 0) throw std::runtime_error(fmt::format("field '{}': expected a count, found {}", field, count));
  return count;
}

void CommandLines::ask_lines(const std::vector<Json::Object>& questions, const std::vector<std::string>& fields,
                             const std::function<void(std::size_t, const Answer&)>& take) {
  std::vector<std::string> lines;
  for (const Json::Object& question : questions) lines.push_back(core::write_json(question));
  child_.ask(lines, [&](std::size_t index, std::string_view line) {
    try {
      const Answer answer(line, questions[index], fields);
      all_repeat_ = all_repeat_ && answer.repeats_question();
      take(index, answer);
    } catch (const MixUp&) {
      mixed_up_ = true;
      throw;
    }
  });
}

void CommandLines::finish() {
  try {
    child_.finish();
  } catch (const SurplusError& error) {
    if (all_repeat_) throw CommandError(error.what());
    throw;
  }
}

}  // namespace backbones
