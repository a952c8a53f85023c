// The parser, as the files that hold its rules share it: parser.cc (tokens and nodes), parse_statements.cc,
// parse_expressions.cc, parse_operands.cc, parse_calls.cc. What a rule reads stands in its name.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tasks/jinja/lexer.h"
#include "tasks/jinja/syntax.h"

namespace jinja {

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}

  std::unique_ptr<Program> run();

 private:
  /// Counts nesting while it lives.
  class Level {
   public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.depth_; }

   private:
    Parser& parser_;
  };
  enum class Attributes { kYes, kNo };
  enum class WithConditional { kYes, kNo };
  using Rule = ExpressionPtr (Parser::*)();
  using Signs = std::initializer_list<std::pair<std::string_view, Arithmetic>>;

  // Tokens and nodes.

  const Token& token() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is_operator(std::string_view sign) const { return token().is(TokenKind::kOperator, sign); }
  bool is_name(std::string_view word) const { return token().is(TokenKind::kName, word); }
  bool skip_operator(std::string_view sign) { return is_operator(sign) && ++at_; }
  bool skip_name(std::string_view word) { return is_name(word) && ++at_; }
  [[noreturn]] void fail(std::string_view message) const { fail(token().offset, message); }
  [[noreturn]] void fail(std::size_t offset, std::string_view message) const;
  std::string describe(const Token& one) const;
  void expect_operator(std::string_view sign);
  void expect_name(std::string_view word);
  void expect(TokenKind kind, std::string_view what);
  template <class... Parts>
  ExpressionPtr make(Operation operation, std::size_t offset, Parts... parts) {
    auto expression = std::make_unique<Expression>();
    expression->operation = operation;
    expression->offset = offset;
    (expression->parts.push_back(std::move(parts)), ...);
    return measured(std::move(expression));
  }
  /// Called again where parts were added.
  ExpressionPtr measured(ExpressionPtr expression) const;
  ExpressionPtr constant(std::size_t offset, Value value);
  ExpressionPtr text_constant(std::size_t offset, std::string text);

  // Statements.

  /// Up to a statement whose name is in `ends`, which is left for the caller (its "{%" is taken).
  Block parse_block(const std::vector<std::string_view>& ends);
  /// The body behind a tag that ends here, perhaps with Python's colon, up to a statement whose name is in `ends`.
  Block parse_body(const std::vector<std::string_view>& ends);
  /// The same where only one statement ends it, which is taken with its tag.
  Block parse_whole_body(std::string_view end);
  Statement begin(StatementKind kind) const;
  Statement parse_text();
  Statement parse_output();
  void parse_statement(Block& block);
  [[noreturn]] void fail_statement() const;
  /// "{% print a, b %}": as {{ a }}{{ b }}.
  void parse_print(Block& block);
  Statement parse_if();
  Statement parse_for();
  Statement parse_set();
  Statement parse_filter_block();
  Statement parse_with();
  Statement parse_macro();
  Statement parse_call_block();
  void parse_parameters(MacroCode& macro);
  std::string parse_new_name();
  Target parse_target(Attributes attributes);
  Target parse_targets(std::string_view end);
  /// One target, or several with commas between, up to the word or sign `end`.
  Target parse_targets(std::string_view end, Attributes attributes);

  // Expressions, from loose to tight.

  bool at_tuple_end(std::string_view word) const;
  /// One expression, or a tuple where commas follow, which `word` may end, too.
  ExpressionPtr parse_tuple(WithConditional conditional, std::string_view word = {});
  ExpressionPtr parse_expression();
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  std::optional<Comparison> skip_comparison();
  ExpressionPtr parse_compare();
  /// Left-associative binary operators of one level over the next tighter one.
  ExpressionPtr parse_binary(Signs signs, Rule tighter);
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_filtered_unary();
  /// Without the filters behind it: "-1|abs" filters -1.
  ExpressionPtr parse_unary();
  /// "-1" is a constant.
  ExpressionPtr negated(std::size_t start, ExpressionPtr operand);

  // Operands and what stands behind them.

  ExpressionPtr parse_primary();
  Value integer_value(const Token& one);
  ExpressionPtr parse_name();
  ExpressionPtr parse_parentheses(std::size_t start);
  ExpressionPtr parse_list(std::size_t start);
  ExpressionPtr parse_dict(std::size_t start);
  ExpressionPtr parse_postfix(ExpressionPtr value);
  ExpressionPtr parse_dotted(std::size_t start, ExpressionPtr object);
  ExpressionPtr parse_subscript(std::size_t start, ExpressionPtr object);

  // Calls, filters and tests.

  /// "(a, b, *more, name=c, **named)" behind `call`, whose parts so far stay in front.
  ExpressionPtr parse_arguments(ExpressionPtr call);
  void parse_argument(Expression& call);
  /// Arguments that are constants are evaluated once, here.
  static void fix_arguments(Expression& call, std::size_t before);
  ExpressionPtr parse_call(ExpressionPtr callee);
  /// What `string` and `truncate(length)` give back as it is.
  static std::int64_t passed_bytes(const Expression& filter);
  /// "| filter | filter …", if any.
  ExpressionPtr parse_pipes(ExpressionPtr value);
  ExpressionPtr parse_filters(ExpressionPtr value);
  std::string dotted_name(std::string_view what);
  ExpressionPtr parse_filter(ExpressionPtr value);
  bool at_test_argument() const;
  ExpressionPtr parse_test(ExpressionPtr value);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;  // around
};

}  // namespace jinja
