#include "tasks/jinja/evaluate.h"

#include <fmt/format.h>

#include "tasks/jinja/evaluator.h"

namespace jinja {

std::string Evaluator::run() {
  std::string text;
  const std::size_t usual = program_.usual_size.load(std::memory_order_relaxed);
  text.reserve(usual);
  out_ = &text;
  enter(program_.frame);
  run(program_.body);
  if (text.size() > usual || text.size() < usual / 4)
    program_.usual_size.store(text.size() + text.size() / 4, std::memory_order_relaxed);
  return text;
}

void Evaluator::enter(const Frame& frame) {
  for (const Load& load : frame) {
    switch (load.source) {
      case Load::Source::kResolve:
        slot(load.slot) = context_.resolve(load.name);
        break;
      case Load::Source::kAlias:
        slot(load.slot) = at_place(load.from);
        break;
      case Load::Source::kUndefined:
        slot(load.slot) = Value(Undefined{load.name, nullptr});
        break;
    }
  }
}

void Evaluator::run(const Block& block) {
  for (const Statement& statement : block) {
    switch (statement.kind) {
      case StatementKind::kText:
        out_->append(statement.text);
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
      case StatementKind::kSetBlock:
        run_set_block(statement);
        break;
      case StatementKind::kFilterBlock:
        run_filter_block(statement);
        break;
      case StatementKind::kWith:
        run_with(statement);
        break;
      case StatementKind::kMacro:
        assign(statement.target, make_macro(*statement.macro));
        break;
      case StatementKind::kCallBlock:
        run_call_block(statement);
        break;
    }
  }
}

void Evaluator::run_output(const Statement& statement) {
  const Operand value(*this, *statement.expression);
  if (value->is_string())
    out_->append(value->string());
  else
    at(statement.offset, [&] { append_text(*out_, *value); });
}

void Evaluator::run_if(const Statement& statement) {
  for (const Branch& branch : statement.branches)
    if (!branch.test || truth(*Operand(*this, *branch.test))) return run(branch.body);
}

void Evaluator::run_for(const Statement& statement) {
  const Operand iterable(*this, *statement.expression);
  if (statement.recursive)
    out_->append(loop_text(statement, active_, *iterable, 1));
  else
    iterate(statement, *iterable, 1);
}

/// Iterates in the running activation. `depth` is the loop's own, as recursive calls count it.
void Evaluator::iterate(const Statement& statement, const Value& iterable, std::int64_t depth) {
  const std::size_t offset = statement.expression->offset;
  const Value source = at(offset, [&] { return statement.filter ? filtered(statement, iterable) : iterable; });
  Iterator iterator;
  std::shared_ptr<Loop> loop;
  if (statement.loop_slot >= 0) {
    loop = at(offset, [&] { return std::make_shared<Loop>(source, depth); });
    if (statement.recursive)
      loop->recurse = [this, &statement, outer = active_->outer, alive = life()](const Value& inner,
                                                                                 std::int64_t next) {
        if (alive.expired()) throw EvaluationError("a loop cannot be called after its template was rendered");
        return Value::text(loop_text(statement, outer, inner, next));
      };
    slot(statement.loop_slot) = Value(loop);
  } else {
    iterator = at(offset, [&] { return Iterator(source); });
  }
  bool any = false;
  while (auto next = at(offset, [&] { return loop ? loop->next() : iterator.next(); })) {
    any = true;
    assign(statement.target, std::move(*next));
    enter(statement.frame);
    run(statement.body);
  }
  if (any || statement.otherwise.empty()) return;
  enter(statement.otherwise_frame);
  run(statement.otherwise);
}

/// "for … if": the filter runs when the next item is asked for, with variables of its own, as jinja2's generator does.
Value Evaluator::filtered(const Statement& statement, const Value& iterable) {
  struct Filtering {
    Activation activation;
    Iterator iterator;
    bool entered = false, running = false;
  };
  Activation* const around = statement.recursive ? active_->outer : active_;  // the filter is not inside the loop
  const auto state = std::make_shared<Filtering>(
      Filtering{Activation(statement.filter_routine, around), Iterator(iterable), false, false});
  return Value::generator([this, &statement, state, alive = life()]() -> std::optional<Value> {
    if (alive.expired()) throw EvaluationError("a loop cannot go on after its template was rendered");
    if (state->running) throw EvaluationError("the filter of a loop asks for the loop's next item");
    const Saved saved(*this);
    active_ = &state->activation;
    if (!std::exchange(state->entered, true)) enter(statement.filter_frame);
    std::optional<Value> next;
    for (bool kept = false; !kept && (next = state->iterator.next());) {
      assign(statement.filter_target, *next);
      state->running = true;
      kept = truth(*Operand(*this, *statement.filter));
      state->running = false;
    }
    return next;
  });
}

/// The text of a block that is captured, through its filters.
Value Evaluator::captured_block(const Statement& statement) {
  enter(statement.frame);
  std::string text;
  {
    const Saved saved(*this);
    out_ = &text;
    run(statement.body);
  }
  if (!statement.filter) return Value::text(std::move(text));
  captured_ = Value::text(std::move(text));
  return value_of(*statement.filter);
}

void Evaluator::run_set_block(const Statement& statement) {
  const Value value = captured_block(statement);
  const Target& target = statement.target;
  if (target.attribute.empty() || !at_place(target.place).is(Kind::kDict)) return assign(target, value);
  at_place(target.place).dict().set(Value::borrowed(target.attribute), value);  // jinja2 asks for no namespace here
}

void Evaluator::run_filter_block(const Statement& statement) {
  append_result(statement, "filter block", captured_block(statement));
}

/// jinja2 joins what a block gives to the rest without str() around it.
void Evaluator::append_result(const Statement& statement, std::string_view block, const Value& result) {
  if (!result.is_string())
    throw PlacedError{statement.offset, fmt::format("a {} must give a str, found '{}'", block, type_name(result))};
  out_->append(result.string());
}

void Evaluator::run_with(const Statement& statement) {
  enter(statement.frame);
  for (const auto& [target, value] : statement.assigns) assign(target, value_of(*value));
  run(statement.body);
}

void Evaluator::run_call_block(const Statement& statement) {
  const Value caller = make_macro(*statement.macro);
  const Value result = at(statement.expression->offset, [&] { return compute_call(*statement.expression, &caller); });
  append_result(statement, "call block", result);
}

void Evaluator::assign(const Target& target, Value value) {
  if (!target.parts.empty()) return unpack(target, value);
  if (!target.attribute.empty()) return assign_attribute(target, std::move(value));
  slot(target.place.slot) = std::move(value);
}

void Evaluator::assign_attribute(const Target& target, Value value) {
  const Value& object = at_place(target.place);
  if (!object.is(Kind::kNamespace))
    throw PlacedError{target.offset, fmt::format("'{}' is not a namespace: its attribute cannot be set", target.name)};
  object.object<Namespace>().attributes.set(Value::borrowed(target.attribute), std::move(value));
}

void Evaluator::unpack(const Target& target, const Value& value) {
  const auto items = at(target.offset, [&] { return to_items(value); });
  if (items.size() != target.parts.size())
    throw PlacedError{target.offset, fmt::format("{} values for {} names", items.size(), target.parts.size())};
  for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i]);
}

std::string evaluate(const Program& program, Context& context, Draws& draws) {
  return Evaluator(program, context, draws).run();
}

}  // namespace jinja
