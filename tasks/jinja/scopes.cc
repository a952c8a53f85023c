#include "tasks/jinja/scopes.h"

#include <algorithm>
#include <map>
#include <set>

namespace jinja {
namespace {

/// jinja2's Symbols: what a frame knows of its names. Branches of an `if` work on copies that share the numbering.
class Symbols {
 public:
  /// A frame inside `parent`, in the same routine.
  static Symbols inside(const Symbols& parent) { return {&parent, *parent.routine_, parent.depth_}; }
  /// The frame of a routine of its own.
  Symbols(const Symbols* parent, Routine& routine) : Symbols(parent, routine, parent ? parent->depth_ + 1 : 0) {
    if (parent) parent->routine_->encloses = true;
  }
  /// Seen from here; slot -1 where the name is not known.
  Place find(const std::string& name) const {
    const Symbols* frame = this;
    while (frame && !frame->refs_.contains(name)) frame = frame->parent_;
    if (!frame) return {};
    return {depth_ - frame->depth_, frame->refs_.at(name)};
  }
  bool knows(const std::string& name) const { return find(name).slot >= 0; }

  /// The slot of a variable that gets its value when the frame is entered.
  int declare_parameter(const std::string& name) {
    stores_.insert(name);
    const int slot = define(name);
    loads_.erase(slot);
    return slot;
  }

  void store(const std::string& name) {
    stores_.insert(name);
    if (!refs_.contains(name)) start_from_outside(define(name), name, Load::Source::kUndefined);
  }

  void load(const std::string& name) {
    if (knows(name)) return;
    const int slot = define(name);
    loads_[slot] = Load{Load::Source::kResolve, slot, {}, name};
  }

  /// Joins the branches of an `if`: a name that only some of them store starts from outside.
  void join(const std::vector<Symbols>& branches) {
    std::set<std::string> stored;
    for (const Symbols& branch : branches) stored.insert(branch.stores_.begin(), branch.stores_.end());
    for (const std::string& name : stores_) stored.erase(name);
    for (const Symbols& branch : branches) {
      for (const auto& [name, slot] : branch.refs_) refs_[name] = slot;
      for (const auto& [slot, load] : branch.loads_) loads_[slot] = load;
      stores_.insert(branch.stores_.begin(), branch.stores_.end());
    }
    for (const std::string& name : stored) start_from_outside(refs_.at(name), name, Load::Source::kResolve);
  }

  Frame frame() const {
    Frame frame;
    for (const auto& [slot, load] : loads_) frame.push_back(load);
    return frame;
  }

 private:
  Symbols(const Symbols* parent, Routine& routine, int depth)
      : parent_(parent),
        routine_(&routine),
        depth_(depth),
        numbering_(std::make_shared<std::map<std::string, int>>()) {}

  int define(const std::string& name) {
    const auto [place, is_new] = numbering_->try_emplace(name, routine_->slots);
    if (is_new) ++routine_->slots;
    return refs_[name] = place->second;
  }

  /// The variable starts as the outer one of that name, else as `otherwise` says.
  void start_from_outside(int slot, const std::string& name, Load::Source otherwise) {
    Place outer = parent_ ? parent_->find(name) : Place{};
    if (outer.slot >= 0) outer.hops += depth_ - parent_->depth_;
    loads_[slot] = Load{outer.slot >= 0 ? Load::Source::kAlias : otherwise, slot, outer, name};
  }

  const Symbols* parent_;
  Routine* routine_;
  int depth_;  // of routines around
  std::map<std::string, int> refs_;
  std::map<int, Load> loads_;
  std::set<std::string> stores_;
  std::shared_ptr<std::map<std::string, int>> numbering_;
};

/// Visits the expressions under one, in the order of jinja2's nodes.
template <class Visit>
void for_each_child(const Expression& expression, Visit visit) {
  const bool conditional = expression.operation == Operation::kConditional;
  if (conditional && expression.parts[2]) visit(*expression.parts[2]);
  for (std::size_t i = 0; i < expression.parts.size(); ++i)
    if (expression.parts[i] && !(conditional && i == 2)) visit(*expression.parts[i]);
  for (const auto& [name, part] : expression.named) visit(*part);
  if (expression.more_positional) visit(*expression.more_positional);
  if (expression.more_named) visit(*expression.more_named);
}

// Which of some special names a body reads before it stores them (jinja2's find_undeclared): frames do not matter.

class Reading {
 public:
  explicit Reading(std::set<std::string> names) : names_(std::move(names)) {}
  bool reads(const std::string& name) const { return found_.contains(name); }

  void visit(const Block& block) {
    for (const Statement& statement : block) visit(statement);
  }

 private:
  void visit(const Expression& expression) {
    if (expression.operation == Operation::kName && names_.contains(expression.text)) found_.insert(expression.text);
    for_each_child(expression, [this](const Expression& child) { visit(child); });
  }
  void visit(const ExpressionPtr& expression) {
    if (expression) visit(*expression);
  }
  void visit(const Target& target) {
    for (const Target& part : target.parts) visit(part);
    if (target.parts.empty() && target.attribute.empty()) names_.erase(target.name);
  }

  void visit(const MacroCode& macro) {
    for (const Parameter& parameter : macro.parameters) names_.erase(parameter.name);
    for (const Parameter& parameter : macro.parameters) visit(parameter.absent);
    visit(macro.body);
  }

  void visit(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::kText:
        return;
      case StatementKind::kOutput:
        return visit(statement.expression);
      case StatementKind::kIf:
        for (const Branch& branch : statement.branches) {
          visit(branch.test);
          visit(branch.body);
        }
        return;
      case StatementKind::kFor:
        visit(statement.target);
        visit(statement.expression);
        visit(statement.body);
        visit(statement.otherwise);
        return visit(statement.filter);
      case StatementKind::kSet:
        visit(statement.target);
        return visit(statement.expression);
      case StatementKind::kSetBlock:
        visit(statement.target);
        visit(statement.filter);
        return visit(statement.body);
      case StatementKind::kFilterBlock:
        visit(statement.body);
        return visit(statement.filter);
      case StatementKind::kWith:
        for (const auto& [target, value] : statement.assigns) visit(target);
        for (const auto& [target, value] : statement.assigns) visit(value);
        return visit(statement.body);
      case StatementKind::kMacro:
        return visit(*statement.macro);
      case StatementKind::kCallBlock:
        visit(statement.expression);
        return visit(*statement.macro);
    }
  }

  std::set<std::string> names_, found_;
};

// First pass: what a frame loads and stores, in the order of the source; loop bodies and macros are frames of their
// own.

void note(Symbols& symbols, const Expression* expression) {
  if (!expression) return;
  if (expression->operation == Operation::kName) symbols.load(expression->text);
  for_each_child(*expression, [&](const Expression& child) { note(symbols, &child); });
}

void note(Symbols& symbols, const Target& target) {
  for (const Target& part : target.parts) note(symbols, part);
  if (!target.parts.empty()) return;
  if (target.attribute.empty())
    symbols.store(target.name);
  else
    symbols.load(target.name);
}

void note(Symbols& symbols, const Block& block);

void note_if(Symbols& symbols, const Statement& statement) {
  // jinja2 nests the tests: each elif is an if of its own, visited beside the others.
  note(symbols, statement.branches[0].test.get());
  Symbols body = symbols, elifs = symbols, otherwise = symbols;
  note(body, statement.branches[0].body);
  for (std::size_t i = 1; i < statement.branches.size(); ++i) {
    const Branch& branch = statement.branches[i];
    if (!branch.test) {
      note(otherwise, branch.body);
      continue;
    }
    note(elifs, branch.test.get());
    Symbols inner = elifs;
    note(inner, branch.body);
    elifs.join({inner, elifs});
  }
  symbols.join({body, elifs, otherwise});
}

void note(Symbols& symbols, const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kText:
      return;
    case StatementKind::kOutput:
    case StatementKind::kFor:
    case StatementKind::kCallBlock:
      return note(symbols, statement.expression.get());
    case StatementKind::kSet:
      note(symbols, statement.expression.get());
      return note(symbols, statement.target);
    case StatementKind::kSetBlock:
    case StatementKind::kMacro:
      return note(symbols, statement.target);
    case StatementKind::kFilterBlock:
      return note(symbols, statement.filter.get());
    case StatementKind::kWith:
      for (const auto& [target, value] : statement.assigns) note(symbols, value.get());
      return;
    case StatementKind::kIf:
      return note_if(symbols, statement);
  }
}

void note(Symbols& symbols, const Block& block) {
  for (const Statement& statement : block) note(symbols, statement);
}

// Second pass: names to their places.

void resolve(const Symbols& symbols, Expression* expression) {
  if (!expression) return;
  if (expression->operation == Operation::kName) expression->place = symbols.find(expression->text);
  for_each_child(*expression, [&](const Expression& child) { resolve(symbols, &const_cast<Expression&>(child)); });
}

void resolve(const Symbols& symbols, Target& target) {
  for (Target& part : target.parts) resolve(symbols, part);
  if (target.parts.empty()) target.place = symbols.find(target.name);
}

void declare(Symbols& symbols, const Target& target) {
  for (const Target& part : target.parts) declare(symbols, part);
  if (target.parts.empty()) symbols.declare_parameter(target.name);
}

void resolve(const Symbols& symbols, Block& block);

void resolve_loop_filter(const Symbols& outer, Statement& statement) {
  Symbols filter(&outer, statement.filter_routine);
  declare(filter, statement.filter_target);
  note(filter, statement.filter.get());
  statement.filter_frame = filter.frame();
  resolve(filter, statement.filter_target);
  resolve(filter, statement.filter.get());
}

/// `outer` is what a recursive loop's own routine is inside of, else the frame around the loop.
void resolve_loop(const Symbols& outer, Statement& statement) {
  Symbols body = statement.recursive ? Symbols(&outer, statement.routine) : Symbols::inside(outer);
  Reading reading({"loop"});
  reading.visit(statement.body);
  if (statement.recursive || reading.reads("loop")) statement.loop_slot = body.declare_parameter("loop");
  declare(body, statement.target);
  note(body, statement.body);
  statement.frame = body.frame();
  resolve(body, statement.target);
  resolve(body, statement.body);
}

void resolve_for(const Symbols& outer, Statement& statement) {
  resolve(outer, statement.expression.get());
  if (statement.filter) resolve_loop_filter(outer, statement);
  resolve_loop(outer, statement);
  // The `else` of a recursive loop is a frame beside the body, in the same routine.
  Symbols otherwise = statement.recursive ? Symbols(&outer, statement.routine) : Symbols::inside(outer);
  note(otherwise, statement.otherwise);
  statement.otherwise_frame = otherwise.frame();
  resolve(otherwise, statement.otherwise);
}

void resolve_macro(const Symbols& outer, MacroCode& macro, std::size_t offset) {
  Symbols inside(&outer, macro.routine);
  for (Parameter& parameter : macro.parameters) parameter.slot = inside.declare_parameter(parameter.name);
  Reading reading({"caller", "kwargs", "varargs"});
  reading.visit(macro.body);
  macro.reads_caller = reading.reads("caller");
  for (const Parameter& parameter : macro.parameters)
    if (macro.reads_caller && parameter.name == "caller" && !parameter.absent)
      throw PlacedError{offset, "the parameter 'caller' needs a default where the body calls it"};
  if (macro.reads_caller && !macro.has_parameter("caller")) macro.caller_slot = inside.declare_parameter("caller");
  if (reading.reads("kwargs") && !macro.has_parameter("kwargs")) macro.named_slot = inside.declare_parameter("kwargs");
  if (reading.reads("varargs") && !macro.has_parameter("varargs"))
    macro.rest_slot = inside.declare_parameter("varargs");
  for (const Parameter& parameter : macro.parameters) note(inside, parameter.absent.get());
  note(inside, macro.body);
  macro.frame = inside.frame();
  for (Parameter& parameter : macro.parameters) resolve(inside, parameter.absent.get());
  resolve(inside, macro.body);
}

/// `with`, and blocks whose text is captured.
void resolve_inner(const Symbols& outer, Statement& statement) {
  Symbols inner = Symbols::inside(outer);
  for (auto& [target, value] : statement.assigns) {
    resolve(outer, value.get());
    declare(inner, target);
  }
  note(inner, statement.body);
  note(inner, statement.filter.get());
  statement.frame = inner.frame();
  for (auto& [target, value] : statement.assigns) resolve(inner, target);
  resolve(inner, statement.body);
  resolve(inner, statement.filter.get());
}

void resolve(const Symbols& symbols, Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kText:
      return;
    case StatementKind::kOutput:
      return resolve(symbols, statement.expression.get());
    case StatementKind::kIf:
      for (Branch& branch : statement.branches) {
        resolve(symbols, branch.test.get());
        resolve(symbols, branch.body);
      }
      return;
    case StatementKind::kFor:
      return resolve_for(symbols, statement);
    case StatementKind::kSet:
      resolve(symbols, statement.expression.get());
      return resolve(symbols, statement.target);
    case StatementKind::kSetBlock:
      resolve(symbols, statement.target);
      return resolve_inner(symbols, statement);
    case StatementKind::kFilterBlock:
    case StatementKind::kWith:
      return resolve_inner(symbols, statement);
    case StatementKind::kMacro:
      resolve(symbols, statement.target);
      return resolve_macro(symbols, *statement.macro, statement.offset);
    case StatementKind::kCallBlock:
      resolve(symbols, statement.expression.get());
      return resolve_macro(symbols, *statement.macro, statement.offset);
  }
}

void resolve(const Symbols& symbols, Block& block) {
  for (Statement& statement : block) resolve(symbols, statement);
}

}  // namespace

bool MacroCode::has_parameter(std::string_view wanted) const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == wanted; });
}

void assign_places(Program& program) {
  Symbols root(nullptr, program.routine);
  note(root, program.body);
  program.frame = root.frame();
  resolve(root, program.body);
}

}  // namespace jinja
