#include "tasks/class_label.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

core::Json* column_of(Row& row, const std::string& name) {
  for (auto& [key, value] : std::get<core::Json::Object>(row.columns.value()))
    if (key == name) return &value;
  return nullptr;
}

[[noreturn]] void refuse(const TaskSpec& spec, const Row& row, const std::string& found) {
  throw core::FileError(
      row.place,
      fmt::format("column '{}': {} is no class of task {} (classes: {}; unlabelled: {})", spec.label_column, found,
                  spec.name, spec.label_names.empty() ? "0 and up" : core::join(spec.label_names, ", "),
                  spec.label_missing));
}

[[noreturn]] void refuse_absent(const TaskSpec& spec, const Row& row) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : row.columns.as_object()) columns.push_back(name);
  throw core::FileError(row.place, fmt::format("column '{}' of the label is missing{}", spec.label_column,
                                               core::did_you_mean(spec.label_column, columns)));
}

std::int64_t id_of_name(const TaskSpec& spec, const Row& row, const std::string& name) {
  const auto place = std::find(spec.label_names.begin(), spec.label_names.end(), name);
  if (place == spec.label_names.end()) refuse(spec, row, "'" + name + "'");
  return place - spec.label_names.begin();
}

}  // namespace

bool encode_label(const TaskSpec& spec, Row& row) {
  if (spec.label_column.empty()) return true;
  core::Json* label = column_of(row, spec.label_column);
  if (label == nullptr) refuse_absent(spec, row);
  if (label->is_null()) *label = spec.label_missing;
  if (label->is_integer() && label->as_integer() == spec.label_missing) return false;
  // Choices are indexed by the label, and Jinja counts negative indices from the end.
  if (label->is_integer() && label->as_integer() < 0) refuse(spec, row, std::to_string(label->as_integer()));
  if (spec.label_names.empty()) return true;
  if (label->is_bool()) *label = id_of_name(spec, row, label->as_bool() ? "True" : "False");
  if (label->is_string()) *label = id_of_name(spec, row, label->as_string());
  if (!label->is_integer()) refuse(spec, row, label->kind());
  const std::int64_t id = label->as_integer();
  if (id >= static_cast<std::int64_t>(spec.label_names.size())) refuse(spec, row, std::to_string(id));
  return true;
}

}  // namespace tasks
