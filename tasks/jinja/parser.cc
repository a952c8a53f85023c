#include "tasks/jinja/parser.h"

#include <fmt/format.h>

#include "tasks/jinja/error.h"
#include "tasks/jinja/parser_class.h"
#include "tasks/jinja/scopes.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;    // of brackets, unary operators and statements
constexpr int kMaximumHeight = 1000;  // of the tree: evaluation recurses

}  // namespace

Parser::Level::Level(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaximumDepth) parser_.fail(fmt::format("nested deeper than {}", kMaximumDepth));
}

std::unique_ptr<Program> Parser::run() {
  auto program = std::make_unique<Program>();
  program->body = parse_block({});
  assign_places(*program);
  return program;
}

void Parser::fail(std::size_t offset, std::string_view message) const {
  throw PlacedError{offset, std::string(message)};
}

std::string Parser::describe(const Token& one) const {
  switch (one.kind) {
    case TokenKind::kEnd:
      return "the end of the template";
    case TokenKind::kText:
      return "text";
    case TokenKind::kOutputBegin:
      return "'{{'";
    case TokenKind::kOutputEnd:
      return "'}}'";
    case TokenKind::kBlockBegin:
      return "'{%'";
    case TokenKind::kBlockEnd:
      return "'%}'";
    case TokenKind::kString:
      return "a string";
    default:
      return fmt::format("'{}'", one.text);
  }
}

void Parser::expect_operator(std::string_view sign) {
  if (!skip_operator(sign)) fail(fmt::format("expected '{}', found {}", sign, describe(token())));
}

void Parser::expect_name(std::string_view word) {
  if (!skip_name(word)) fail(fmt::format("expected '{}', found {}", word, describe(token())));
}

void Parser::expect(TokenKind kind, std::string_view what) {
  if (token().kind != kind) fail(fmt::format("expected {}, found {}", what, describe(token())));
  ++at_;
}

ExpressionPtr Parser::measured(ExpressionPtr expression) const {
  int below = 0;
  for (const auto& part : expression->parts) below = std::max(below, part ? part->depth : 0);
  for (const auto& [name, part] : expression->named) below = std::max(below, part->depth);
  for (const ExpressionPtr* part : {&expression->more_positional, &expression->more_named})
    below = std::max(below, *part ? (*part)->depth : 0);
  expression->depth = below + 1;
  if (expression->depth > kMaximumHeight)
    fail(expression->offset, fmt::format("the expression is higher than {}", kMaximumHeight));
  return expression;
}

ExpressionPtr Parser::constant(std::size_t offset, Value value) {
  auto expression = make(Operation::kConstant, offset);
  expression->constant = std::move(value);
  return expression;
}

ExpressionPtr Parser::text_constant(std::size_t offset, std::string text) {
  auto expression = make(Operation::kConstant, offset);
  expression->text = std::move(text);
  expression->constant = Value::borrowed(expression->text);
  return expression;
}

std::unique_ptr<Program> parse(std::string_view source) { return Parser(source).run(); }

}  // namespace jinja
