// Python's operators and protocols on values. All throw EvaluationError where Python raises.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/jinja/value.h"

namespace jinja {

enum class Order { kLess, kLessEqual, kGreater, kGreaterEqual };
enum class Arithmetic { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

/// str(value), appended; and as a str value, which costs nothing where it is one.
void append_text(std::string& out, const Value& value);
void append_repr(std::string& out, const Value& value);
Value to_text(const Value& value);

bool truth(const Value& value);
bool equal(const Value& a, const Value& b);
bool ordered(Order order, const Value& a, const Value& b);
/// `item in container`.
bool contains(const Value& container, const Value& item);
Value calculate(Arithmetic operation, const Value& a, const Value& b);
Value negative(const Value& value);
Value positive(const Value& value);

std::int64_t length(const Value& value);
void check_hashable(const Value& value);
[[noreturn]] void raise_undefined(const Value& value);

/// Environment.getitem: the item, else for a str key the attribute, else Undefined.
Value item(const Value& object, const Value& key);
/// Environment.getattr: the attribute, else the item, else Undefined.
Value attribute(const Value& object, std::string_view name);
/// object[start:stop:step]; None stands for an absent bound.
struct SliceBounds {
  Value start = Value::none(), stop = Value::none(), step = Value::none();
};
Value slice(const Value& object, const SliceBounds& bounds);

}  // namespace jinja
