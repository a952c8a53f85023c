#include "tasks/jinja/operators.h"

#include <fmt/format.h>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/operand_errors.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;  // of values inside values

}  // namespace

void raise_undefined(const Value& value) { throw EvaluationError(value.get<Undefined>().why()); }

void raise_operands(std::string_view sign, const Value& a, const Value& b) {
  if (a.is_undefined()) raise_undefined(a);
  if (b.is_undefined()) raise_undefined(b);
  throw EvaluationError(
      fmt::format("unsupported operand types for {}: '{}' and '{}'", sign, type_name(a), type_name(b)));
}

void check_depth(int depth) {
  if (depth > kMaximumDepth) throw EvaluationError(fmt::format("a value is nested deeper than {}", kMaximumDepth));
}

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
      return value.get<bool>();
    case Kind::kInt:
      return value.get<std::int64_t>() != 0;
    case Kind::kFloat:
      return value.get<double>() != 0;
    case Kind::kString:
      return !value.string().empty();
    case Kind::kList:
    case Kind::kTuple:
      return !value.items().empty();
    case Kind::kDict:
      return !value.dict().entries.empty();
    case Kind::kRange:
      return value.object<Range>().size() != 0;
    case Kind::kDictView:
      return !value.dict().entries.empty();
    default:
      return true;
  }
}

std::int64_t length(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      return count_code_points(value.string());
    case Kind::kList:
    case Kind::kTuple:
      return static_cast<std::int64_t>(value.items().size());
    case Kind::kDict:
      return static_cast<std::int64_t>(value.dict().entries.size());
    case Kind::kRange:
      return value.object<Range>().size();
    case Kind::kDictView:
      return static_cast<std::int64_t>(value.dict().entries.size());
    case Kind::kLoop:
      return value.object<Loop>().length();
    default:
      throw EvaluationError(fmt::format("a value of type '{}' has no length", type_name(value)));
  }
}

void check_hashable(const Value& value) {
  const bool is_view = value.is(Kind::kDictView) && type_name(value) != "dict_values";
  if (value.is(Kind::kList) || value.is(Kind::kDict) || is_view)
    throw EvaluationError(fmt::format("unhashable type: '{}'", type_name(value)));
  if (value.is(Kind::kTuple))
    for (const Value& part : value.items()) check_hashable(part);
}

}  // namespace jinja
