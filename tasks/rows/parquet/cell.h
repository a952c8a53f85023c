// Values of Arrow arrays as JSON: what `to_pylist` of Arrow's own Python binding gives.
#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include <cstdint>
#include <string>

#include "harness/core/json.h"

namespace tasks {

/// Whether cells of the type are null, booleans, integers, floating-point numbers, UTF-8 strings (plain or by
/// dictionary), or lists and structs of such, with no field name twice in a struct.
bool is_readable(const arrow::DataType& type);

/// Equal for types whose cells give equal JSON at any value: large and dictionary-encoded ones as their plain siblings.
/// "int64", "list<string>", "struct<text: list<string>>".
std::string type_name(const arrow::DataType& type);

/// The cell at `i` of an array of a readable type; null cells give null, integers beyond 64 bits with sign keep their
/// digits, float16 and float32 are widened. Throws std::runtime_error where a string is not UTF-8.
core::Json cell_at(const arrow::Array& array, std::int64_t i);

}  // namespace tasks
