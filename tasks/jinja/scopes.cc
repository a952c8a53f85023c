#include "tasks/jinja/scopes.h"

#include <map>
#include <set>
#include <stdexcept>

namespace jinja {
namespace {

/// jinja2's Symbols: what a frame knows of its names. Branches of an `if` work on copies that share the numbering.
class Symbols {
 public:
  Symbols(const Symbols* parent, int& slots)
      : parent_(parent), numbering_(std::make_shared<std::map<std::string, int>>()), slots_(&slots) {}

  int find(const std::string& name) const {
    if (const auto found = refs_.find(name); found != refs_.end()) return found->second;
    return parent_ ? parent_->find(name) : -1;
  }

  void declare_parameter(const std::string& name) {
    stores_.insert(name);
    loads_.erase(define(name));
  }

  void store(const std::string& name) {
    stores_.insert(name);
    if (refs_.contains(name)) return;
    const int outer = parent_ ? parent_->find(name) : -1;
    const int slot = define(name);
    loads_[slot] =
        outer >= 0 ? Load{Load::Source::kAlias, slot, outer, name} : Load{Load::Source::kUndefined, slot, -1, name};
  }

  void load(const std::string& name) {
    if (find(name) >= 0) return;
    const int slot = define(name);
    loads_[slot] = Load{Load::Source::kResolve, slot, -1, name};
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
    for (const std::string& name : stored) {
      const int slot = find(name), outer = parent_ ? parent_->find(name) : -1;
      loads_[slot] =
          outer >= 0 ? Load{Load::Source::kAlias, slot, outer, name} : Load{Load::Source::kResolve, slot, -1, name};
    }
  }

  Frame frame() const {
    Frame frame;
    for (const auto& [slot, load] : loads_) frame.push_back(load);
    return frame;
  }

 private:
  int define(const std::string& name) {
    const auto [place, is_new] = numbering_->try_emplace(name, *slots_);
    if (is_new) ++*slots_;
    return refs_[name] = place->second;
  }

  const Symbols* parent_;
  std::map<std::string, int> refs_;
  std::map<int, Load> loads_;
  std::set<std::string> stores_;
  std::shared_ptr<std::map<std::string, int>> numbering_;
  int* slots_;
};

// First pass: what a frame loads and stores, in the order of the source; loop bodies are frames of their own.

void note(Symbols& symbols, const Expression* expression) {
  if (!expression) return;
  if (expression->operation == Operation::kName) symbols.load(expression->text);
  if (expression->operation == Operation::kConditional) note(symbols, expression->parts[2].get());
  for (const auto& part : expression->parts) note(symbols, part.get());
  for (const auto& [name, part] : expression->named) note(symbols, part.get());
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

void note_if(Symbols& symbols, const Statement& statement, std::size_t first) {
  if (first == statement.branches.size()) return;
  // jinja2 nests the tests: each elif is an if of its own, visited beside the others.
  std::vector<Symbols> branches;
  note(symbols, statement.branches[first].test.get());
  Symbols body = symbols;
  note(body, statement.branches[first].body);
  branches.push_back(std::move(body));
  Symbols elifs = symbols, otherwise = symbols;
  for (std::size_t i = first + 1; i < statement.branches.size(); ++i) {
    const Branch& branch = statement.branches[i];
    if (!branch.test) {
      note(otherwise, branch.body);
      continue;
    }
    note(elifs, branch.test.get());
    Symbols inner = elifs;
    note(inner, branch.body);
    elifs.join({inner, elifs, elifs});
  }
  branches.push_back(std::move(elifs));
  branches.push_back(std::move(otherwise));
  symbols.join(branches);
}

void note(Symbols& symbols, const Block& block) {
  for (const Statement& statement : block) {
    switch (statement.kind) {
      case StatementKind::kText:
        break;
      case StatementKind::kOutput:
      case StatementKind::kFor:
        note(symbols, statement.expression.get());
        break;
      case StatementKind::kSet:
        note(symbols, statement.expression.get());
        note(symbols, statement.target);
        break;
      case StatementKind::kIf:
        note_if(symbols, statement, 0);
        break;
    }
  }
}

// Second pass: names to the slots of their frame.

void resolve(const Symbols& symbols, Expression* expression) {
  if (!expression) return;
  if (expression->operation == Operation::kName) expression->slot = symbols.find(expression->text);
  for (auto& part : expression->parts) resolve(symbols, part.get());
  for (auto& [name, part] : expression->named) resolve(symbols, part.get());
}

void resolve(const Symbols& symbols, Target& target) {
  for (Target& part : target.parts) resolve(symbols, part);
  if (target.parts.empty()) target.slot = symbols.find(target.name);
}

void declare(Symbols& symbols, const Target& target) {
  for (const Target& part : target.parts) declare(symbols, part);
  if (target.parts.empty()) symbols.declare_parameter(target.name);
}

bool mentions(const Expression* expression, std::string_view name) {
  if (!expression) return false;
  if (expression->operation == Operation::kName && expression->text == name) return true;
  for (const auto& part : expression->parts)
    if (mentions(part.get(), name)) return true;
  for (const auto& [key, part] : expression->named)
    if (mentions(part.get(), name)) return true;
  return false;
}

bool mentions(const Block& block, std::string_view name) {
  for (const Statement& statement : block) {
    if (mentions(statement.expression.get(), name) || mentions(statement.filter.get(), name)) return true;
    if (mentions(statement.body, name) || mentions(statement.otherwise, name)) return true;
    for (const Branch& branch : statement.branches)
      if (mentions(branch.test.get(), name) || mentions(branch.body, name)) return true;
  }
  return false;
}

void resolve(const Symbols& symbols, Block& block, int& slots);

void resolve_for(const Symbols& outer, Statement& statement, int& slots) {
  resolve(outer, statement.expression.get());
  Symbols body(&outer, slots);
  if (mentions(statement.body, "loop")) {
    body.declare_parameter("loop");
    statement.loop_slot = body.find("loop");
  }
  declare(body, statement.target);
  note(body, statement.body);
  statement.frame = body.frame();
  resolve(body, statement.target);
  resolve(body, statement.body, slots);

  Symbols filter(&outer, slots);
  declare(filter, statement.filter_target);
  note(filter, statement.filter.get());
  statement.filter_frame = filter.frame();
  resolve(filter, statement.filter_target);
  resolve(filter, statement.filter.get());

  Symbols otherwise(&outer, slots);
  note(otherwise, statement.otherwise);
  statement.otherwise_frame = otherwise.frame();
  resolve(otherwise, statement.otherwise, slots);
}

void resolve(const Symbols& symbols, Block& block, int& slots) {
  for (Statement& statement : block) {
    if (statement.kind == StatementKind::kFor) {
      resolve_for(symbols, statement, slots);
      continue;
    }
    resolve(symbols, statement.expression.get());
    if (statement.kind == StatementKind::kSet) resolve(symbols, statement.target);
    for (Branch& branch : statement.branches) {
      resolve(symbols, branch.test.get());
      resolve(symbols, branch.body, slots);
    }
  }
}

}  // namespace

void assign_slots(Program& program) {
  Symbols root(nullptr, program.slots);
  note(root, program.body);
  program.frame = root.frame();
  resolve(root, program.body, program.slots);
}

}  // namespace jinja
