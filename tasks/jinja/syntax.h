// The compiled tree of a template: statements in blocks, expressions under them, names already resolved to places
// (scopes.h).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/jinja/filters.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/placed_error.h"
#include "tasks/jinja/value.h"

namespace jinja {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Block = std::vector<Statement>;

/// Where a variable lives: in the running routine, or `hops` routines outside of it.
struct Place {
  int hops = 0, slot = -1;
};

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
  kDict,
  kCaptured  // the text of the block that is being filtered
};

enum class Comparison { kEqual, kUnequal, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };

struct Expression {
  Operation operation = Operation::kConstant;
  Arithmetic arithmetic{};  // kArithmetic
  Place place;              // kName
  std::size_t offset = 0;   // byte in the source, for errors
  int depth = 1;            // of the tree below
  Filter filter = nullptr;  // kFilter
  // kFilter: a str of at most so many bytes is its own result, as of `string` and `truncate(2048)`, which stand behind
  // every output of PromptSource; -1: of no str.
  std::int64_t passes = -1;
  Test test = nullptr;                  // kTest
  Value constant;                       // kConstant; a str borrows `text`
  std::string text;                     // name of a variable, attribute, method, filter or test; content of a str
  std::vector<Comparison> comparisons;  // kCompare: one between each two parts
  // Operands in the order of the source: object, then arguments; condition is last in kConditional; key, value, key, …
  // in kDict. A null part is an absent slice bound, or an absent `else`.
  std::vector<ExpressionPtr> parts;
  std::vector<std::pair<std::string, ExpressionPtr>> named;  // arguments by name
  ExpressionPtr more_positional, more_named;                 // *more, **more; null where absent
  std::optional<Arguments> fixed;                            // the arguments where all are constants
};

/// What is assigned to: a name, an attribute of a namespace, or several targets.
struct Target {
  std::string name;       // empty where there are parts
  std::string attribute;  // of the namespace `name`
  Place place;
  std::size_t offset = 0;
  std::vector<Target> parts;
};

/// How a variable of a frame starts: from the row or a global, from an outer variable, or undefined.
struct Load {
  enum class Source { kResolve, kAlias, kUndefined } source = Source::kResolve;
  int slot = -1;
  Place from;
  std::string name;
};
using Frame = std::vector<Load>;

/// What runs with variables of its own, new at each run: a template, a macro, the body of a call block or of a
/// recursive loop, the filter of a loop.
struct Routine {
  int slots = 0;
  bool encloses = false;  // whether routines inside it may outlive its run
};

struct Parameter {
  std::string name;
  std::size_t offset = 0;
  ExpressionPtr absent;  // its value where none is given; null: undefined
  int slot = -1;
};

/// A macro, or the body of a call block, which has no name.
struct MacroCode {
  std::string name;
  std::vector<Parameter> parameters;
  bool reads_caller = false;
  int caller_slot = -1, named_slot = -1, rest_slot = -1;  // of caller, kwargs and varargs, where the body reads them
  Block body;
  Frame frame;
  Routine routine;
  bool has_parameter(std::string_view wanted) const;
};

enum class StatementKind { kText, kOutput, kIf, kFor, kSet, kSetBlock, kFilterBlock, kWith, kMacro, kCallBlock };

struct Branch {
  ExpressionPtr test;  // null: else
  Block body;
};

struct Statement {
  StatementKind kind = StatementKind::kText;
  std::size_t offset = 0;
  std::string text;              // kText
  ExpressionPtr expression;      // kOutput; the iterable of kFor; the value of kSet; the call of kCallBlock
  std::vector<Branch> branches;  // kIf
  Target target, filter_target;  // kSet, kSetBlock, kFor, kMacro; the target again in the frame of the filter
  ExpressionPtr filter;          // kFor: "for … if filter"; kFilterBlock and kSetBlock: on kCaptured, may be null
  Block body, otherwise;         // kFor; the body of kSetBlock, kFilterBlock and kWith
  Frame frame, filter_frame, otherwise_frame;
  int loop_slot = -1;  // of `loop`, where the body uses it
  bool recursive = false;
  Routine routine, filter_routine;                        // of a recursive loop; of the filter of a loop
  std::vector<std::pair<Target, ExpressionPtr>> assigns;  // kWith
  std::unique_ptr<MacroCode> macro;                       // kMacro, kCallBlock
};

struct Program {
  Block body;
  Frame frame;
  Routine routine;
  mutable std::atomic<std::size_t> usual_size = 0;  // bytes that a rendering asks for at once
};

}  // namespace jinja
