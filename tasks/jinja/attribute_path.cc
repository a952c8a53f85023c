#include "tasks/jinja/attribute_path.h"

#include <fmt/format.h>

#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {

std::vector<Value> attribute_path(const Value& attribute) {
  if (attribute.is(Kind::kNone)) return {};
  if (!attribute.is_string()) return {attribute};
  std::vector<Value> parts;
  for (const auto part : split(attribute.string(), ".", -1)) {
    if (!is_all(part, is_digit)) {
      parts.push_back(Value::text(std::string(part)));
      continue;
    }
    const auto place = parse_integer(part);
    if (!place) throw EvaluationError(fmt::format("the part '{}' of an attribute is no integer", part));
    parts.emplace_back(*place);
  }
  return parts;
}

Value follow(const std::vector<Value>& path, Value value, const Value* absent) {
  for (const Value& part : path) {
    value = item(value, part);
    if (absent && value.is_undefined()) value = *absent;
  }
  return value;
}

Value ignore_case(const Value& value) { return value.is_string() ? Value::text(lower(value.string())) : value; }

}  // namespace jinja
