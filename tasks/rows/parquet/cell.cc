#include "tasks/rows/parquet/cell.h"

#include <arrow/util/float16.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "harness/core/text.h"

namespace tasks {
namespace {

template <class ArrayType>
const ArrayType& as(const arrow::Array& array) {
  return static_cast<const ArrayType&>(array);
}

core::Json text_cell(std::string_view text) {
  if (core::find_invalid_utf8(text) != std::string_view::npos) throw std::runtime_error("a string that is not UTF-8");
  return core::Json(text);
}

core::Json unsigned_cell(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return core::Json(core::BigInteger{std::to_string(value)});
  return core::Json(static_cast<std::int64_t>(value));
}

template <class ListType>
core::Json list_cell(const arrow::Array& array, std::int64_t i) {
  const auto& list = as<ListType>(array);
  const std::int64_t begin = list.value_offset(i), count = list.value_length(i);
  core::Json::Array items(static_cast<std::size_t>(count));
  for (std::int64_t k = 0; k < count; ++k) items[static_cast<std::size_t>(k)] = cell_at(*list.values(), begin + k);
  return core::Json(std::move(items));
}

core::Json struct_cell(const arrow::Array& array, std::int64_t i) {
  const auto& parts = as<arrow::StructArray>(array);
  core::Json::Object object(static_cast<std::size_t>(parts.num_fields()));
  for (int k = 0; k < parts.num_fields(); ++k) {
    auto& [name, value] = object[static_cast<std::size_t>(k)];
    name = array.type()->field(k)->name();
    value = cell_at(*parts.field(k), i);
  }
  return core::Json(std::move(object));
}

core::Json dictionary_cell(const arrow::Array& array, std::int64_t i) {
  const auto& encoded = as<arrow::DictionaryArray>(array);
  return cell_at(*encoded.dictionary(), encoded.GetValueIndex(i));
}

bool has_readable_fields(const arrow::DataType& type) {
  std::set<std::string> names;
  return std::ranges::all_of(type.fields(), [&](const auto& field) {
    return is_readable(*field->type()) && names.insert(field->name()).second;
  });
}

std::string struct_name(const arrow::DataType& type) {
  std::string text;
  for (const auto& field : type.fields())
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field->name(), type_name(*field->type()));
  return "struct<" + text + ">";
}

}  // namespace

bool is_readable(const arrow::DataType& type) {
  using Type = arrow::Type;
  switch (type.id()) {
    case Type::NA:
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
    case Type::HALF_FLOAT:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return true;
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
    case Type::STRUCT:
      return has_readable_fields(type);
    case Type::DICTIONARY:
      return is_readable(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return false;
  }
}

std::string type_name(const arrow::DataType& type) {
  using Type = arrow::Type;
  switch (type.id()) {
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return "string";
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return "list<" + type_name(*type.field(0)->type()) + ">";
    case Type::STRUCT:
      return struct_name(type);
    case Type::DICTIONARY:
      return type_name(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return type.ToString();
  }
}

core::Json cell_at(const arrow::Array& array, std::int64_t i) {
  using Type = arrow::Type;
  if (array.IsNull(i)) return core::Json(nullptr);
  switch (array.type_id()) {
    case Type::BOOL:
      return core::Json(as<arrow::BooleanArray>(array).Value(i));
    case Type::INT8:
      return core::Json(std::int64_t{as<arrow::Int8Array>(array).Value(i)});
    case Type::INT16:
      return core::Json(std::int64_t{as<arrow::Int16Array>(array).Value(i)});
    case Type::INT32:
      return core::Json(std::int64_t{as<arrow::Int32Array>(array).Value(i)});
    case Type::INT64:
      return core::Json(std::int64_t{as<arrow::Int64Array>(array).Value(i)});
    case Type::UINT8:
      return core::Json(std::int64_t{as<arrow::UInt8Array>(array).Value(i)});
    case Type::UINT16:
      return core::Json(std::int64_t{as<arrow::UInt16Array>(array).Value(i)});
    case Type::UINT32:
      return core::Json(std::int64_t{as<arrow::UInt32Array>(array).Value(i)});
    case Type::UINT64:
      return unsigned_cell(as<arrow::UInt64Array>(array).Value(i));
    case Type::HALF_FLOAT:
      return core::Json(arrow::util::Float16::FromBits(as<arrow::HalfFloatArray>(array).Value(i)).ToDouble());
    case Type::FLOAT:
      return core::Json(double{as<arrow::FloatArray>(array).Value(i)});
    case Type::DOUBLE:
      return core::Json(as<arrow::DoubleArray>(array).Value(i));
    case Type::STRING:
      return text_cell(as<arrow::StringArray>(array).GetView(i));
    case Type::LARGE_STRING:
      return text_cell(as<arrow::LargeStringArray>(array).GetView(i));
    case Type::STRING_VIEW:
      return text_cell(as<arrow::StringViewArray>(array).GetView(i));
    case Type::LIST:
      return list_cell<arrow::ListArray>(array, i);
    case Type::LARGE_LIST:
      return list_cell<arrow::LargeListArray>(array, i);
    case Type::FIXED_SIZE_LIST:
      return list_cell<arrow::FixedSizeListArray>(array, i);
    case Type::STRUCT:
      return struct_cell(array, i);
    case Type::DICTIONARY:
      return dictionary_cell(array, i);
    default:
      throw std::logic_error("cell_at: not a readable type: " + array.type()->ToString());
  }
}

}  // namespace tasks
