// Macros, call blocks and recursive loops: code that runs with variables of its own (jinja2.runtime.Macro,
// LoopContext).
#include <fmt/format.h>

#include <algorithm>

#include "tasks/jinja/evaluator.h"

namespace jinja {
namespace {

constexpr int kMaximumCalls = 200;  // of macros in one another; Python ends at about as many

}  // namespace

/// A new activation: `own` lets it end with its run, unless something inside may still read its variables.
Activation& Evaluator::begin(const Routine& routine, Activation* outer, std::unique_ptr<Activation>& own) {
  if (++calls_ > kMaximumCalls)
    throw EvaluationError(fmt::format("macros or loops call each other deeper than {}", kMaximumCalls));
  own = std::make_unique<Activation>(routine, outer);
  Activation& activation = *own;
  if (routine.encloses) kept_.push_back(std::move(own));
  return activation;
}

std::weak_ptr<bool> Evaluator::life() {
  if (!alive_) alive_ = std::make_shared<bool>(true);
  return alive_;
}

Value Evaluator::make_macro(const MacroCode& code) {
  auto macro = std::make_shared<Macro>();
  macro->name = code.name;
  for (const Parameter& parameter : code.parameters) macro->parameters.push_back(parameter.name);
  macro->takes_named = code.named_slot >= 0;
  macro->takes_rest = code.rest_slot >= 0;
  macro->takes_caller = code.reads_caller;
  macro->call = [this, &code, outer = active_, alive = life()](const Arguments& given) {
    if (alive.expired()) throw EvaluationError("a macro cannot be called after its template was rendered");
    return call_macro(code, outer, given);
  };
  return Value(std::move(macro));
}

Value Evaluator::call_macro(const MacroCode& code, Activation* outer, const Arguments& given) {
  const Saved saved(*this);
  std::unique_ptr<Activation> own;
  active_ = &begin(code.routine, outer, own);
  std::vector<bool> is_given(code.parameters.size());
  bind(code, given, is_given);
  std::string text;
  out_ = &text;
  enter(code.frame);
  for (std::size_t i = 0; i < code.parameters.size(); ++i) {
    const Parameter& parameter = code.parameters[i];
    if (is_given[i]) continue;
    slot(parameter.slot) = parameter.absent
                               ? value_of(*parameter.absent)
                               : Value::undefined(fmt::format("parameter '{}' was not provided", parameter.name));
  }
  run(code.body);
  return Value::text(std::move(text));
}

/// Macro.__call__: arguments by position, then by name, the special ones, and what is left over.
void Evaluator::bind(const MacroCode& code, const Arguments& given, std::vector<bool>& is_given) {
  const std::string label = code.name.empty() ? "the call block" : fmt::format("macro '{}'", code.name);
  const std::size_t by_position = std::min(given.positional.size(), code.parameters.size());
  std::vector<bool> used(given.named.size());
  const auto take = [&](std::string_view name) -> const Value* {
    for (std::size_t i = 0; i < given.named.size(); ++i)
      if (given.named[i].first == name && !used[i]) {
        used[i] = true;
        return &given.named[i].second;
      }
    return nullptr;
  };
  for (std::size_t i = 0; i < code.parameters.size(); ++i) {
    const Parameter& parameter = code.parameters[i];
    const Value* value = i < by_position ? &given.positional[i] : take(parameter.name);
    is_given[i] = value != nullptr;
    slot(parameter.slot) = value ? *value : Value(Undefined{parameter.name, nullptr});
  }
  if (code.caller_slot >= 0) {
    const Value* caller = take("caller");
    const bool absent = !caller || caller->is(Kind::kNone);
    slot(code.caller_slot) = absent ? Value::undefined("No caller defined") : *caller;
  }
  auto left = std::make_shared<Dict>();
  for (std::size_t i = 0; i < given.named.size(); ++i)
    if (!used[i]) left->set(Value::text(std::string(given.named[i].first)), given.named[i].second);
  if (code.named_slot < 0 && !left->entries.empty())
    throw EvaluationError(
        fmt::format("{} takes no keyword argument '{}'", label, left->entries.front().first.string()));
  if (code.named_slot >= 0) slot(code.named_slot) = Value(std::move(left));
  if (code.rest_slot < 0 && given.positional.size() > by_position)
    throw EvaluationError(fmt::format("{} takes not more than {} argument{}", label, code.parameters.size(),
                                      code.parameters.size() == 1 ? "" : "s"));
  const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(by_position);
  if (code.rest_slot >= 0) slot(code.rest_slot) = Value::tuple({rest, given.positional.end()});
}

/// A recursive loop over `iterable`, as text.
std::string Evaluator::loop_text(const Statement& statement, Activation* outer, const Value& iterable,
                                 std::int64_t depth) {
  const Saved saved(*this);
  std::string text;
  out_ = &text;
  std::unique_ptr<Activation> own;
  active_ = &begin(statement.routine, outer, own);
  iterate(statement, iterable, depth);
  return text;
}

}  // namespace jinja
