// "a.0.b" as filters take it: map(attribute=…), sort(attribute=…), groupby (jinja2's make_attrgetter).
#pragma once

#include <string>
#include <vector>

#include "tasks/jinja/value.h"

namespace jinja {

/// The parts: names, and digits as integers; none for None, which means the item itself.
std::vector<Value> attribute_path(const Value& attribute);
/// Follows the parts from `value`; `absent`, where given, stands for what is undefined on the way.
Value follow(const std::vector<Value>& path, Value value, const Value* absent = nullptr);
/// A str in lower case, other values as they are.
Value ignore_case(const Value& value);

}  // namespace jinja
