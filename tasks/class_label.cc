#include "tasks/class_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

core::Json* column_of(Row& row, const std::string& name) {
  for (auto& [key, value] : std::get<core::Json::Object>(row.columns.value()))
    if (key == name) return &value;
  return nullptr;
}

std::string class_list(const TaskSpec& spec) {
  std::vector<std::string> classes;
  for (const std::vector<std::string>& spellings : spec.label_names) classes.push_back(core::join(spellings, " or "));
  return core::join(classes, ", ");
}

[[noreturn]] void refuse(const TaskSpec& spec, const Row& row, const std::string& found) {
  throw core::FileError(
      row.place,
      fmt::format("column '{}': {} is no class of task {} (classes: {}; unlabelled: {}; declared in {}:{})",
                  spec.label_column, found, spec.name, spec.label_names.empty() ? "0 and up" : class_list(spec),
                  spec.label_missing, spec.file.string(), line_of_key(spec, {"label"})));
}

[[noreturn]] void refuse_absent(const TaskSpec& spec, const Row& row) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : row.columns.as_object()) columns.push_back(name);
  throw core::FileError(row.place, fmt::format("column '{}' of the label is missing{}", spec.label_column,
                                               core::did_you_mean(spec.label_column, columns)));
}

std::optional<std::int64_t> id_of_name(const TaskSpec& spec, const std::string& name) {
  for (std::size_t id = 0; id < spec.label_names.size(); ++id)
    if (std::find(spec.label_names[id].begin(), spec.label_names[id].end(), name) != spec.label_names[id].end())
      return static_cast<std::int64_t>(id);
  return std::nullopt;
}

std::optional<std::int64_t> digits_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Text as the id of a class: by its name, or as digits in a cell of text.
std::int64_t id_of_text(const TaskSpec& spec, const Row& row, const std::string& text, Cells cells) {
  std::optional<std::int64_t> id = id_of_name(spec, text);
  if (!id && cells == Cells::kText) id = digits_of(text);
  if (!id) refuse(spec, row, "'" + text + "'" + (digits_of(text) ? ", digits as text," : ""));
  return *id;
}

}  // namespace

bool encode_label(const TaskSpec& spec, Row& row, Cells cells) {
  if (spec.label_column.empty()) return true;
  core::Json* label = column_of(row, spec.label_column);
  if (label == nullptr) refuse_absent(spec, row);
  if (label->is_null()) *label = spec.label_missing;
  if (!spec.label_names.empty()) {
    if (label->is_bool()) *label = id_of_text(spec, row, label->as_bool() ? "True" : "False", Cells::kTyped);
    if (label->is_string()) *label = id_of_text(spec, row, label->as_string(), cells);
  }
  if (label->is_integer() && label->as_integer() == spec.label_missing) return false;
  // Choices are indexed by the label, and Jinja counts negative indices from the end.
  if (label->is_integer() && label->as_integer() < 0) refuse(spec, row, std::to_string(label->as_integer()));
  if (spec.label_names.empty()) return true;
  if (!label->is_integer()) refuse(spec, row, core::write_json(*label) + ", " + label->kind() + ",");
  const std::int64_t id = label->as_integer();
  if (id >= static_cast<std::int64_t>(spec.label_names.size())) refuse(spec, row, std::to_string(id));
  return true;
}

}  // namespace tasks
