#include "tasks/hub_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "tasks/loader_scripts.h"

namespace tasks {
namespace {

using core::Json;
using Type = ColumnType::Kind;

constexpr std::size_t kShownBytes = 60;  // of a value in a message

std::string shown(const Json& value) {
  std::string text = core::write_json(value);
  if (text.size() <= kShownBytes) return text;
  std::size_t end = kShownBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Json::Object& columns_of(Row& row) { return std::get<Json::Object>(row.columns.value()); }

Json* find_column(Row& row, const std::string& name) {
  for (auto& [key, value] : columns_of(row))
    if (key == name) return &value;
  return nullptr;
}

void rename_columns(const DataSpec& spec, Row& row) {
  for (const auto& [raw, name] : spec.rename) {
    for (auto& [key, value] : columns_of(row)) {
      if (key != raw) continue;
      const bool clashes = std::any_of(spec.rename.begin(), spec.rename.end(),
                                       [&n = name](const auto& r) { return r.first == n; }) == false &&
                           row.columns.find(name) != nullptr;
      if (clashes)
        throw core::FileError(row.place, fmt::format("column '{}' should be called '{}', and there is one", raw, name));
      key = "\n" + name;  // until all are renamed: two may change places
    }
  }
  for (auto& [key, value] : columns_of(row))
    if (key.starts_with('\n')) key.erase(0, 1);
}

const char* name_of(Type type) {
  switch (type) {
    case Type::kString:
      return "a string";
    case Type::kInteger:
      return "a whole number";
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "true or false";
    case Type::kList:
      return "a list";
    case Type::kObject:
      return "an object";
    case Type::kClass:
      return "a class";
  }
  throw std::invalid_argument("an unknown type of column");
}

template <class Number>
std::optional<Number> number_in(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The value that a cell of text stands for; nothing where it stands for none.
std::optional<Json> from_text(Type type, const std::string& text) {
  if (type == Type::kInteger)
    if (const auto value = number_in<std::int64_t>(text)) return Json(*value);
  if (type == Type::kNumber)
    if (const auto value = number_in<double>(text); value && std::isfinite(*value)) return Json(*value);
  if (type == Type::kBoolean && (text == "true" || text == "True" || text == "TRUE")) return Json(true);
  if (type == Type::kBoolean && (text == "false" || text == "False" || text == "FALSE")) return Json(false);
  return std::nullopt;
}

bool has_type(const Json& value, Type type) {
  switch (type) {
    case Type::kString:
      return value.is_string();
    case Type::kInteger:
      return value.is_integer();
    case Type::kNumber:
      return value.is_number();
    case Type::kBoolean:
      return value.is_bool();
    case Type::kList:
      return value.is_array();
    case Type::kObject:
      return value.is_object();
    case Type::kClass:
      return false;
  }
  return false;
}

/// The id of a class: from its name, from a boolean as "False" and "True", from digits in a cell of text. -1, the Hub's
/// sign of a missing label, stays.
std::optional<std::int64_t> class_id(const Json& value, const std::vector<std::string>& names, Cells cells) {
  const auto id_of = [&](const std::string& name) -> std::optional<std::int64_t> {
    const auto place = std::find(names.begin(), names.end(), name);
    if (place == names.end()) return std::nullopt;
    return place - names.begin();
  };
  std::optional<std::int64_t> id;
  if (value.is_bool()) return id_of(value.as_bool() ? "True" : "False");
  if (value.is_integer()) id = value.as_integer();
  if (value.is_string()) {
    if (const auto named = id_of(value.as_string())) return named;
    if (cells == Cells::kText) id = number_in<std::int64_t>(value.as_string());
  }
  return id && *id >= -1 && *id < static_cast<std::int64_t>(names.size()) ? id : std::nullopt;
}

void check_column(const std::string& name, const ColumnType& type, Cells cells, Row& row) {
  Json* value = find_column(row, name);
  if (value == nullptr) {
    std::vector<std::string> columns;
    for (const auto& [column, unused] : columns_of(row)) columns.push_back(column);
    throw core::FileError(row.place, fmt::format("no column '{}', which data.columns declares{}", name,
                                                 core::did_you_mean(name, columns)));
  }
  if (value->is_null()) return;
  if (type.kind == Type::kClass) {
    const std::optional<std::int64_t> id = class_id(*value, type.class_names, cells);
    if (!id)
      throw core::FileError(row.place, fmt::format("column '{}': {} is no class (classes: {})", name, shown(*value),
                                                   core::join(type.class_names, ", ")));
    *value = *id;
    return;
  }
  if (cells == Cells::kText && type.kind != Type::kString && value->is_string())
    if (std::optional<Json> read = from_text(type.kind, value->as_string())) *value = std::move(*read);
  if (!has_type(*value, type.kind))
    throw core::FileError(
        row.place, fmt::format("column '{}': expected {}, found {}: {}; correct the row, or `data.columns` of the task",
                               name, name_of(type.kind), value->kind(), shown(*value)));
}

void compare_names(const std::string& column, const std::vector<std::string>& of_task,
                   const std::map<std::string, std::vector<std::string>>& declared, const std::string& place) {
  const auto of_file = declared.find(column);
  if (of_file == declared.end() || of_task.empty() || of_file->second == of_task) return;
  throw core::FileError(place, fmt::format("column '{}': the file declares the classes {}, the task {}", column,
                                           core::join(of_file->second, ", "), core::join(of_task, ", ")));
}

}  // namespace

void to_hub_form(const DataSpec& spec, Cells cells, Row& row) {
  if (!spec.rename.empty()) rename_columns(spec, row);
  if (!spec.loader.empty()) run_loader_script(spec.loader, row);
  for (const auto& [name, type] : spec.columns) check_column(name, type, cells, row);
}

void check_class_names(const TaskSpec& spec, const std::map<std::string, std::vector<std::string>>& declared,
                       const std::string& place) {
  std::map<std::string, std::vector<std::string>> renamed = declared;
  for (const auto& [raw, name] : spec.data.rename)
    if (const auto column = declared.find(raw); column != declared.end()) renamed[name] = column->second;
  std::vector<std::string> names;
  for (const std::vector<std::string>& spellings : spec.label_names) names.push_back(spellings.at(0));
  compare_names(spec.label_column, names, renamed, place);
  for (const auto& [column, type] : spec.data.columns) compare_names(column, type.class_names, renamed, place);
}

}  // namespace tasks
