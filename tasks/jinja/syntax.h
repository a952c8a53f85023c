// The compiled tree of a template: statements in blocks, expressions under them, names already resolved to slots
// (scopes.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/jinja/filters.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/value.h"

namespace jinja {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Block = std::vector<Statement>;

enum class Operation {
  kConstant,
  kName,
  kItem,
  kAttribute,
  kSlice,
  kCall,
  kMethodCall,
  kFilter,
  kTest,
  kNot,
  kAnd,
  kOr,
  kCompare,
  kArithmetic,
  kNegative,
  kPositive,
  kConcatenate,
  kConditional,
  kList,
  kTuple,
  kDict
};

enum class Comparison { kEqual, kUnequal, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };

struct Expression {
  Operation operation = Operation::kConstant;
  std::size_t offset = 0;               // byte in the source, for errors
  int depth = 1;                        // of the tree below
  Value constant;                       // kConstant; a str borrows `text`
  std::string text;                     // name of a variable, attribute, method, filter or test; content of a str
  int slot = -1;                        // kName
  Filter filter = nullptr;              // kFilter
  Test test = nullptr;                  // kTest
  Arithmetic arithmetic{};              // kArithmetic
  std::vector<Comparison> comparisons;  // kCompare: one between each two parts
  // Operands in the order of the source: object, then arguments; condition is last in kConditional; key, value, key, …
  // in kDict. A null part is an absent slice bound, or an absent `else`.
  std::vector<ExpressionPtr> parts;
  std::vector<std::pair<std::string, ExpressionPtr>> named;  // arguments by name
  std::optional<Arguments> fixed;                            // the arguments where all are constants
};

/// What is assigned to: a name, an attribute of a namespace, or several targets.
struct Target {
  std::string name;       // empty where there are parts
  std::string attribute;  // of the namespace `name`
  int slot = -1;
  std::size_t offset = 0;
  std::vector<Target> parts;
};

/// How a variable of a frame starts: from the row or a global, from an outer variable, or undefined.
struct Load {
  enum class Source { kResolve, kAlias, kUndefined } source = Source::kResolve;
  int slot = -1, from = -1;
  std::string name;
};
using Frame = std::vector<Load>;

enum class StatementKind { kText, kOutput, kIf, kFor, kSet };

struct Branch {
  ExpressionPtr test;  // null: else
  Block body;
};

struct Statement {
  StatementKind kind = StatementKind::kText;
  std::size_t offset = 0;
  std::string text;              // kText
  ExpressionPtr expression;      // kOutput; the iterable of kFor; the value of kSet
  std::vector<Branch> branches;  // kIf
  Target target, filter_target;  // kSet, kFor; the target again in the frame of the filter
  ExpressionPtr filter;          // kFor: "for … if filter"
  Block body, otherwise;         // kFor
  Frame frame, filter_frame, otherwise_frame;
  int loop_slot = -1;  // of `loop`, where the body uses it
};

struct Program {
  Block body;
  Frame frame;
  int slots = 0;
};

}  // namespace jinja
