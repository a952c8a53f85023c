// Expressions of a template to values; the operators themselves are in operators.cc.
#include <algorithm>
#include <stdexcept>

#include "tasks/jinja/evaluator.h"
#include "tasks/jinja/methods.h"

namespace jinja {
namespace {

Order order_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return Order::kLess;
    case Comparison::kLessEqual:
      return Order::kLessEqual;
    case Comparison::kGreater:
      return Order::kGreater;
    default:
      return Order::kGreaterEqual;
  }
}

bool compare(Comparison comparison, const Value& a, const Value& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return equal(a, b);
    case Comparison::kUnequal:
      return !equal(a, b);
    case Comparison::kIn:
      return contains(b, a);
    case Comparison::kNotIn:
      return !contains(b, a);
    default:
      return ordered(order_of(comparison), a, b);
  }
}

/// jinja2 folds the slice of a literal while compiling, by its subscript, which makes an error Undefined.
bool is_constant_slice(const Expression& expression) {
  return std::all_of(expression.parts.begin(), expression.parts.end(),
                     [](const auto& part) { return !part || part->operation == Operation::kConstant; });
}

/// f(**value): the entries of a dict, whose keys are names not given yet.
void add_named(Arguments& given, const Value& value) {
  if (value.is_undefined()) raise_undefined(value);
  if (!value.is(Kind::kDict)) throw EvaluationError("what stands behind ** is not a dict");
  for (const auto& [key, entry] : value.dict().entries) {
    if (!key.is_string()) throw EvaluationError("what stands behind ** has keys that are not str");
    for (const auto& [name, other] : given.named)
      if (name == key.string()) throw EvaluationError("what stands behind ** has an argument that is given already");
    given.named.emplace_back(key.string(), entry);
  }
}

}  // namespace

Value Evaluator::compute(const Expression& expression) {
  return at(expression.offset, [&] { return compute_unplaced(expression); });
}

Value Evaluator::compute_unplaced(const Expression& expression) {
  const auto part = [&](std::size_t i) -> const Expression& { return *expression.parts[i]; };
  switch (expression.operation) {
    case Operation::kConstant:
      return expression.constant;
    case Operation::kName:
      return at_place(expression.place);
    case Operation::kCaptured:
      return captured_;
    case Operation::kItem:
      return compute_item(expression);
    case Operation::kAttribute:
      return attribute(*Operand(*this, part(0)), expression.text);
    case Operation::kSlice:
      return compute_slice(expression);
    case Operation::kCall:
    case Operation::kMethodCall:
      return compute_call(expression);
    case Operation::kFilter:
      return compute_filter(expression);
    case Operation::kTest:
      return compute_test(expression);
    case Operation::kNot:
      return Value(!truth(*Operand(*this, part(0))));
    case Operation::kAnd:
    case Operation::kOr:
      return compute_logic(expression);
    case Operation::kCompare:
      return compute_compare(expression);
    case Operation::kArithmetic:
      return compute_arithmetic(expression);
    case Operation::kNegative:
      return negative(*Operand(*this, part(0)));
    case Operation::kPositive:
      return positive(*Operand(*this, part(0)));
    case Operation::kConcatenate:
      return compute_concatenation(expression);
    case Operation::kConditional:
      return compute_conditional(expression);
    case Operation::kList:
      return Value::list(values_from(expression, 0));
    case Operation::kTuple:
      return Value::tuple(values_from(expression, 0));
    case Operation::kDict:
      return compute_dict(expression);
  }
  throw std::logic_error("an expression of no kind");
}

std::vector<Value> Evaluator::values_from(const Expression& expression, std::size_t first) {
  std::vector<Value> values;
  values.reserve(expression.parts.size());
  for (std::size_t i = first; i < expression.parts.size(); ++i) values.push_back(value_of(*expression.parts[i]));
  return values;
}

/// The arguments behind the first part, and `caller`.
Arguments Evaluator::arguments_of(const Expression& expression, const Value* caller) {
  Arguments given{values_from(expression, 1), {}};
  for (const auto& [name, value] : expression.named) given.named.emplace_back(name, value_of(*value));
  if (caller) given.named.emplace_back("caller", *caller);
  if (expression.more_positional)
    for (Value& more : to_items(*Operand(*this, *expression.more_positional)))
      given.positional.push_back(std::move(more));
  if (expression.more_named) {
    given.holds = value_of(*expression.more_named);
    add_named(given, given.holds);
  }
  return given;
}

Value Evaluator::compute_item(const Expression& expression) {
  const Operand object(*this, *expression.parts[0]);
  return item(*object, *Operand(*this, *expression.parts[1]));
}

Value Evaluator::compute_slice(const Expression& expression) {
  const Operand object(*this, *expression.parts[0]);
  SliceBounds bounds;
  Value* const places[] = {nullptr, &bounds.start, &bounds.stop, &bounds.step};
  for (std::size_t i = 1; i < expression.parts.size(); ++i)
    if (expression.parts[i]) *places[i] = value_of(*expression.parts[i]);
  if (!is_constant_slice(expression)) return slice(*object, bounds);
  try {
    return slice(*object, bounds);
  } catch (const EvaluationError& error) {
    return Value::undefined(error.what());
  }
}

/// Of a value, or of a method by name. `caller` is given by a call block.
Value Evaluator::compute_call(const Expression& expression, const Value* caller) {
  const bool is_method = expression.operation == Operation::kMethodCall;
  const Operand callee(*this, *expression.parts[0]);
  if (is_method && callee->is_undefined()) raise_undefined(*callee);
  const bool fixed = expression.fixed && !caller;
  const Arguments made = fixed ? Arguments{} : arguments_of(expression, caller);
  const Arguments& given = fixed ? *expression.fixed : made;
  if (!is_method) return call_value(*callee, given);
  if (has_method(*callee, expression.text)) return call_method(*callee, expression.text, given);
  return call_value(attribute(*callee, expression.text), given);
}

Value Evaluator::compute_filter(const Expression& expression) {
  Operand value(*this, *expression.parts[0]);
  if (passes(expression, *value)) return value.take();
  if (expression.fixed) return expression.filter(draws_, *value, *expression.fixed);
  return expression.filter(draws_, *value, arguments_of(expression));
}

Value Evaluator::compute_test(const Expression& expression) {
  const Operand value(*this, *expression.parts[0]);
  if (expression.fixed) return Value(expression.test(*value, *expression.fixed));
  return Value(expression.test(*value, arguments_of(expression)));
}

/// `and` and `or` give the operand that decides.
Value Evaluator::compute_logic(const Expression& expression) {
  const Operand left(*this, *expression.parts[0]);
  return truth(*left) == (expression.operation == Operation::kOr) ? *left : value_of(*expression.parts[1]);
}

Value Evaluator::compute_compare(const Expression& expression) {
  const auto& comparisons = expression.comparisons;
  if (comparisons.size() == 1) {
    const Operand left(*this, *expression.parts[0]);
    return Value(compare(comparisons[0], *left, *Operand(*this, *expression.parts[1])));
  }
  Value left = value_of(*expression.parts[0]);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    Value right = value_of(*expression.parts[i + 1]);
    if (!compare(comparisons[i], left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Evaluator::compute_arithmetic(const Expression& expression) {
  const Operand left(*this, *expression.parts[0]);
  return calculate(expression.arithmetic, *left, *Operand(*this, *expression.parts[1]));
}

Value Evaluator::compute_concatenation(const Expression& expression) {
  const std::vector<Value> values = values_from(expression, 0);
  std::string text;
  for (const Value& value : values) append_text(text, value);
  return Value::text(std::move(text));
}

Value Evaluator::compute_conditional(const Expression& expression) {
  if (truth(*Operand(*this, *expression.parts[2]))) return value_of(*expression.parts[0]);
  if (expression.parts[1]) return value_of(*expression.parts[1]);
  return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
}

Value Evaluator::compute_dict(const Expression& expression) {
  auto dict = std::make_shared<Dict>();
  for (std::size_t i = 0; i < expression.parts.size(); i += 2) {
    const Value key = value_of(*expression.parts[i]);
    dict->set(key, value_of(*expression.parts[i + 1]));
  }
  return Value(std::move(dict));
}

}  // namespace jinja
