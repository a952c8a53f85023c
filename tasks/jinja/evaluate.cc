#include "tasks/jinja/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
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

class Evaluator {
 public:
  Evaluator(const Program& program, Context& context, Draws& draws)
      : context_(context), draws_(draws), slots_(static_cast<std::size_t>(program.slots)) {}

  std::string run(const Program& program) {
    enter(program.frame);
    run(program.body);
    return std::move(out_);
  }

 private:
  Value& slot(int index) { return slots_[static_cast<std::size_t>(index)]; }

  void enter(const Frame& frame) {
    for (const Load& load : frame) {
      switch (load.source) {
        case Load::Source::kResolve:
          slot(load.slot) = context_.resolve(load.name);
          break;
        case Load::Source::kAlias:
          slot(load.slot) = slot(load.from);
          break;
        case Load::Source::kUndefined:
          slot(load.slot) = Value(Undefined{load.name, nullptr});
          break;
      }
    }
  }

  void run(const Block& block) {
    for (const Statement& statement : block) {
      switch (statement.kind) {
        case StatementKind::kText:
          out_ += statement.text;
          break;
        case StatementKind::kOutput:
          run_output(statement);
          break;
        case StatementKind::kIf:
          run_if(statement);
          break;
        case StatementKind::kFor:
          run_for(statement);
          break;
        case StatementKind::kSet:
          assign(statement.target, value_of(*statement.expression));
          break;
      }
    }
  }

  void run_output(const Statement& statement) {
    const Value value = value_of(*statement.expression);
    at(statement.offset, [&] { append_text(out_, value); });
  }

  void run_if(const Statement& statement) {
    for (const Branch& branch : statement.branches)
      if (!branch.test || truth(value_of(*branch.test))) return run(branch.body);
  }

  void run_for(const Statement& statement) {
    Value source = value_of(*statement.expression);
    const std::size_t offset = statement.expression->offset;
    Iterator iterator;
    at(offset, [&] { iterator = Iterator(std::move(source)); });
    if (statement.filter) source = filtered(statement, iterator);
    std::shared_ptr<Loop> loop;
    bool any = false;
    if (statement.loop_slot >= 0) {
      loop = std::make_shared<Loop>(statement.filter ? std::move(source) : as_generator(iterator), ++loop_depth_);
      slot(statement.loop_slot) = Value(loop);
    } else if (statement.filter) {
      iterator = Iterator(std::move(source));
    }
    while (auto next = at(offset, [&] { return loop ? loop->next() : iterator.next(); })) {
      any = true;
      assign(statement.target, std::move(*next));
      enter(statement.frame);
      run(statement.body);
    }
    if (loop) --loop_depth_;
    if (!any && !statement.otherwise.empty()) {
      enter(statement.otherwise_frame);
      run(statement.otherwise);
    }
  }

  static Value as_generator(const Iterator& iterator) {
    return Value::generator([inner = iterator]() mutable { return inner.next(); });
  }

  /// "for … if": the filter runs when the next item is asked for, as jinja2's generator does.
  Value filtered(const Statement& statement, const Iterator& iterator) {
    return Value::generator([this, &statement, inner = iterator, entered = false]() mutable -> std::optional<Value> {
      if (!entered) enter(statement.filter_frame);
      entered = true;
      while (auto next = inner.next()) {
        assign(statement.filter_target, *next);
        if (truth(value_of(*statement.filter))) return next;
      }
      return std::nullopt;
    });
  }

  void assign(const Target& target, Value value) {
    if (!target.parts.empty()) return unpack(target, value);
    if (target.attribute.empty()) {
      slot(target.slot) = std::move(value);
      return;
    }
    Value& object = slot(target.slot);
    if (!object.is(Kind::kNamespace))
      throw PlacedError{target.offset,
                        fmt::format("'{}' is not a namespace: its attribute cannot be set", target.name)};
    object.object<Namespace>().attributes.set(Value::borrowed(target.attribute), std::move(value));
  }

  void unpack(const Target& target, const Value& value) {
    const auto items = at(target.offset, [&] { return to_items(value); });
    if (items.size() != target.parts.size())
      throw PlacedError{target.offset, fmt::format("{} values for {} names", items.size(), target.parts.size())};
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i]);
  }

  /// Runs `work`; an error gets the place, unless it has one from further inside.
  template <class Work>
  static std::invoke_result_t<Work> at(std::size_t offset, Work work) {
    try {
      return work();
    } catch (const EvaluationError& error) {
      throw PlacedError{offset, error.what()};
    }
  }

  Value value_of(const Expression& expression) {
    if (expression.operation == Operation::kConstant) return expression.constant;
    if (expression.operation == Operation::kName) return slot(expression.slot);
    return at(expression.offset, [&] { return compute(expression); });
  }

  Value part(const Expression& expression, std::size_t i) { return value_of(*expression.parts[i]); }

  Value compute(const Expression& expression) {
    switch (expression.operation) {
      case Operation::kConstant:
        return expression.constant;
      case Operation::kName:
        return slot(expression.slot);
      case Operation::kItem:
        return compute_item(expression);
      case Operation::kAttribute:
        return attribute(part(expression, 0), expression.text);
      case Operation::kSlice:
        return compute_slice(expression);
      case Operation::kCall:
        return compute_call(expression);
      case Operation::kMethodCall:
        return compute_method(expression);
      case Operation::kFilter:
        return compute_filter(expression);
      case Operation::kTest:
        return compute_test(expression);
      case Operation::kNot:
        return Value(!truth(part(expression, 0)));
      case Operation::kAnd:
        return compute_logic(expression);
      case Operation::kOr:
        return compute_logic(expression);
      case Operation::kCompare:
        return compute_compare(expression);
      case Operation::kArithmetic:
        return compute_arithmetic(expression);
      case Operation::kNegative:
        return negative(part(expression, 0));
      case Operation::kPositive:
        return positive(part(expression, 0));
      case Operation::kConcatenate:
        return compute_concatenation(expression);
      case Operation::kConditional:
        return compute_conditional(expression);
      case Operation::kList:
        return Value::list(parts_from(expression, 0));
      case Operation::kTuple:
        return Value::tuple(parts_from(expression, 0));
      case Operation::kDict:
        return compute_dict(expression);
    }
    throw std::logic_error("an expression of no kind");
  }

  std::vector<Value> parts_from(const Expression& expression, std::size_t first) {
    std::vector<Value> values;
    values.reserve(expression.parts.size());
    for (std::size_t i = first; i < expression.parts.size(); ++i) values.push_back(part(expression, i));
    return values;
  }

  /// The arguments behind the first part.
  Arguments arguments(const Expression& expression) {
    Arguments given{parts_from(expression, 1), {}};
    for (const auto& [name, value] : expression.named) given.named.emplace_back(name, value_of(*value));
    return given;
  }

  Value compute_item(const Expression& expression) {
    const Value object = part(expression, 0);
    return item(object, part(expression, 1));
  }

  /// jinja2 folds the slice of a literal while compiling, by its subscript, which makes an error Undefined.
  static bool is_constant_slice(const Expression& expression) {
    return std::all_of(expression.parts.begin(), expression.parts.end(),
                       [](const auto& part) { return !part || part->operation == Operation::kConstant; });
  }

  Value compute_slice(const Expression& expression) {
    const Value object = part(expression, 0);
    SliceBounds bounds;
    Value* const places[] = {nullptr, &bounds.start, &bounds.stop, &bounds.step};
    for (std::size_t i = 1; i < expression.parts.size(); ++i)
      if (expression.parts[i]) *places[i] = part(expression, i);
    if (!is_constant_slice(expression)) return slice(object, bounds);
    try {
      return slice(object, bounds);
    } catch (const EvaluationError& error) {
      return Value::undefined(error.what());
    }
  }

  Value compute_call(const Expression& expression) {
    const Value callee = part(expression, 0);
    if (expression.fixed) return call_value(callee, *expression.fixed);
    return call_value(callee, arguments(expression));
  }

  Value compute_method(const Expression& expression) {
    const Value object = part(expression, 0);
    if (object.is_undefined()) raise_undefined(object);
    const Arguments made = expression.fixed ? Arguments{} : arguments(expression);
    const Arguments& given = expression.fixed ? *expression.fixed : made;
    if (has_method(object, expression.text)) return call_method(object, expression.text, given);
    return call_value(attribute(object, expression.text), given);
  }

  Value compute_filter(const Expression& expression) {
    const Value value = part(expression, 0);
    if (expression.fixed) return expression.filter(draws_, value, *expression.fixed);
    return expression.filter(draws_, value, arguments(expression));
  }

  Value compute_test(const Expression& expression) {
    const Value value = part(expression, 0);
    if (expression.fixed) return Value(expression.test(value, *expression.fixed));
    return Value(expression.test(value, arguments(expression)));
  }

  /// `and` and `or` give the operand that decides.
  Value compute_logic(const Expression& expression) {
    Value left = part(expression, 0);
    return truth(left) == (expression.operation == Operation::kOr) ? left : part(expression, 1);
  }

  Value compute_compare(const Expression& expression) {
    Value left = part(expression, 0);
    for (std::size_t i = 0; i < expression.comparisons.size(); ++i) {
      Value right = part(expression, i + 1);
      if (!compare(expression.comparisons[i], left, right)) return Value(false);
      left = std::move(right);
    }
    return Value(true);
  }

  Value compute_arithmetic(const Expression& expression) {
    const Value left = part(expression, 0);
    return calculate(expression.arithmetic, left, part(expression, 1));
  }

  Value compute_concatenation(const Expression& expression) {
    std::string text;
    for (const Value& value : parts_from(expression, 0)) append_text(text, value);
    return Value::text(std::move(text));
  }

  Value compute_conditional(const Expression& expression) {
    if (truth(part(expression, 2))) return part(expression, 0);
    if (expression.parts[1]) return part(expression, 1);
    return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
  }

  Value compute_dict(const Expression& expression) {
    auto dict = std::make_shared<Dict>();
    for (std::size_t i = 0; i < expression.parts.size(); i += 2) {
      const Value key = part(expression, i);
      dict->set(key, part(expression, i + 1));
    }
    return Value(std::move(dict));
  }

  Context& context_;
  Draws& draws_;
  std::vector<Value> slots_;
  std::string out_;
  std::int64_t loop_depth_ = 0;
};

}  // namespace

std::string evaluate(const Program& program, Context& context, Draws& draws) {
  return Evaluator(program, context, draws).run(program);
}

}  // namespace jinja
