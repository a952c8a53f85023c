// The methods of each type, in a table a type; methods.cc looks them up.
#pragma once

#include <span>
#include <string_view>

#include "tasks/jinja/call.h"

namespace jinja {

struct MethodEntry {
  std::string_view name;
  Value (*call)(const Value& self, const Arguments& given);  // null: Python has it, templates do not call it
};

std::span<const MethodEntry> str_methods();
std::span<const MethodEntry> list_methods();
std::span<const MethodEntry> tuple_methods();
std::span<const MethodEntry> range_methods();
std::span<const MethodEntry> dict_methods();
std::span<const MethodEntry> int_methods();
std::span<const MethodEntry> float_methods();

}  // namespace jinja
