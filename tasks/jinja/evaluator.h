// The state of one rendering. A recursive walk over the tree appends to one string: statements in evaluate.cc,
// expressions in expressions.cc, macros, call blocks and recursive loops in routines.cc.
#pragma once

#include <boost/container/small_vector.hpp>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/syntax.h"
#include "tasks/jinja/template.h"

namespace jinja {

/// One run of a routine: its variables, and the run that it was defined in.
struct Activation {
  Activation(const Routine& routine, Activation* around)
      : outer(around), slots(static_cast<std::size_t>(routine.slots)) {}
  Activation* outer;
  boost::container::small_vector<Value, 8> slots;
};

class Evaluator {
 public:
  Evaluator(const Program& program, Context& context, Draws& draws)
      : program_(program), context_(context), draws_(draws), root_(program.routine, nullptr) {}
  Evaluator(const Evaluator&) = delete;

  std::string run();

 private:
  /// The value of an expression: a constant or variable where it stands, else made here.
  class Operand {
   public:
    Operand(Evaluator& evaluator, const Expression& expression) : value_(evaluator.standing(expression)) {
      if (!value_) value_ = ::new (&made_) Value(evaluator.compute(expression));
    }
    ~Operand() {
      if (value_ == &made_) made_.~Value();
    }
    Operand(const Operand&) = delete;
    /// The value itself, of an operand that is not needed any more.
    Value take() { return value_ == &made_ ? std::move(made_) : *value_; }
    const Value& operator*() const { return *value_; }
    const Value* operator->() const { return value_; }

   private:
    union {
      Value made_;
    };
    const Value* value_;
  };

  /// What `evaluator` has as output, activation and depth, until the end of a scope.
  class Saved {
   public:
    explicit Saved(Evaluator& evaluator)
        : evaluator_(evaluator), out_(evaluator.out_), active_(evaluator.active_), calls_(evaluator.calls_) {}
    ~Saved() {
      evaluator_.out_ = out_;
      evaluator_.active_ = active_;
      evaluator_.calls_ = calls_;
    }
    Saved(const Saved&) = delete;

   private:
    Evaluator& evaluator_;
    std::string* out_;
    Activation* active_;
    int calls_;
  };

  Value& at_place(Place place) const {
    Activation* activation = active_;
    for (int i = 0; i < place.hops; ++i) activation = activation->outer;
    return activation->slots[static_cast<std::size_t>(place.slot)];
  }
  Value& slot(int index) const { return active_->slots[static_cast<std::size_t>(index)]; }
  /// A constant or variable, perhaps behind filters that leave it as it is; else null.
  const Value* standing(const Expression& expression) const {
    switch (expression.operation) {
      case Operation::kConstant:
        return &expression.constant;
      case Operation::kName:
        return &at_place(expression.place);
      case Operation::kFilter: {
        if (expression.passes < 0) return nullptr;
        const Value* value = standing(*expression.parts[0]);
        return value && passes(expression, *value) ? value : nullptr;
      }
      default:
        return nullptr;
    }
  }
  static bool passes(const Expression& filter, const Value& value) {
    return value.is_string() && static_cast<std::int64_t>(value.string().size()) <= filter.passes;
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

  // Statements.
  void enter(const Frame& frame);
  void run(const Block& block);
  void run_output(const Statement& statement);
  void run_if(const Statement& statement);
  void run_for(const Statement& statement);
  void run_set_block(const Statement& statement);
  void run_filter_block(const Statement& statement);
  void run_with(const Statement& statement);
  void run_call_block(const Statement& statement);
  void append_result(const Statement& statement, std::string_view block, const Value& result);
  Value captured_block(const Statement& statement);
  void iterate(const Statement& statement, const Value& iterable, std::int64_t depth);
  Value filtered(const Statement& statement, const Value& iterable);
  void assign(const Target& target, Value value);
  void assign_attribute(const Target& target, Value value);
  void unpack(const Target& target, const Value& value);

  // Expressions.
  Value value_of(const Expression& expression) {
    const Value* value = standing(expression);
    return value ? *value : compute(expression);
  }
  Value compute(const Expression& expression);
  Value compute_unplaced(const Expression& expression);
  Value compute_item(const Expression& expression);
  Value compute_slice(const Expression& expression);
  Value compute_call(const Expression& expression, const Value* caller = nullptr);
  Value compute_filter(const Expression& expression);
  Value compute_test(const Expression& expression);
  Value compute_logic(const Expression& expression);
  Value compute_compare(const Expression& expression);
  Value compute_arithmetic(const Expression& expression);
  Value compute_concatenation(const Expression& expression);
  Value compute_conditional(const Expression& expression);
  Value compute_dict(const Expression& expression);
  std::vector<Value> values_from(const Expression& expression, std::size_t first);
  Arguments arguments_of(const Expression& expression, const Value* caller = nullptr);

  // Routines.
  Activation& begin(const Routine& routine, Activation* outer, std::unique_ptr<Activation>& own);
  Value make_macro(const MacroCode& code);
  Value call_macro(const MacroCode& code, Activation* outer, const Arguments& given);
  void bind(const MacroCode& code, const Arguments& given, std::vector<bool>& is_given);
  std::string loop_text(const Statement& statement, Activation* outer, const Value& iterable, std::int64_t depth);
  std::weak_ptr<bool> life();

  const Program& program_;
  Context& context_;
  Draws& draws_;
  Activation root_;
  Activation* active_ = &root_;
  std::string* out_ = nullptr;
  Value captured_;                                 // the text of the block whose filters run
  std::vector<std::unique_ptr<Activation>> kept_;  // those that a macro or a loop's filter may still read
  std::shared_ptr<bool> alive_;                    // tells what outlives the rendering that it is over
  int calls_ = 0;                                  // macros and recursive loops in one another
};

}  // namespace jinja
