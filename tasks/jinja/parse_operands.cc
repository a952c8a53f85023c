// The rules of constants, names, brackets, and of attributes, items and slices behind them.
#include <fmt/format.h>

#include "tasks/jinja/error.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/parser_class.h"

namespace jinja {

ExpressionPtr Parser::parse_primary() {
  const std::size_t start = token().offset;
  switch (token().kind) {
    case TokenKind::kName:
      return parse_name();
    case TokenKind::kString: {
      std::string text;
      while (token().kind == TokenKind::kString) text += tokens_[at_++].text;
      return text_constant(start, std::move(text));
    }
    case TokenKind::kInteger:
      return constant(start, integer_value(tokens_[at_++]));
    case TokenKind::kFloat:
      return constant(start, Value(*parse_float(tokens_[at_++].text)));
    case TokenKind::kOperator:
      break;
    default:
      fail(fmt::format("expected an expression, found {}", describe(token())));
  }
  if (skip_operator("(")) return parse_parentheses(start);
  if (skip_operator("[")) return parse_list(start);
  if (skip_operator("{")) return parse_dict(start);
  fail(fmt::format("expected an expression, found {}", describe(token())));
}

Value Parser::integer_value(const Token& one) {
  const bool based = one.text.size() > 1 && one.text[0] == '0' && std::isalpha(static_cast<unsigned char>(one.text[1]));
  const int base = !based ? 10 : (one.text[1] | 32) == 'x' ? 16 : (one.text[1] | 32) == 'o' ? 8 : 2;
  try {
    if (const auto value = parse_integer(one.text, base)) return Value(*value);
  } catch (const EvaluationError& error) {
    fail(one.offset, error.what());
  }
  fail(one.offset, fmt::format("'{}' is not an integer", one.text));
}

ExpressionPtr Parser::parse_name() {
  const std::size_t start = token().offset;
  std::string word = tokens_[at_++].text;
  if (word == "true" || word == "True") return constant(start, Value(true));
  if (word == "false" || word == "False") return constant(start, Value(false));
  if (word == "none" || word == "None") return constant(start, Value::none());
  auto name = make(Operation::kName, start);
  name->text = std::move(word);
  return name;
}

ExpressionPtr Parser::parse_parentheses(std::size_t start) {
  if (skip_operator(")")) return make(Operation::kTuple, start);
  ExpressionPtr inner = parse_tuple(WithConditional::kYes);
  expect_operator(")");
  return inner;
}

ExpressionPtr Parser::parse_list(std::size_t start) {
  auto list = make(Operation::kList, start);
  while (!is_operator("]")) {
    if (!list->parts.empty()) expect_operator(",");
    if (is_operator("]")) break;
    list->parts.push_back(parse_expression());
  }
  expect_operator("]");
  return measured(std::move(list));
}

ExpressionPtr Parser::parse_dict(std::size_t start) {
  auto dict = make(Operation::kDict, start);
  while (!is_operator("}")) {
    if (!dict->parts.empty()) expect_operator(",");
    if (is_operator("}")) break;
    dict->parts.push_back(parse_expression());
    expect_operator(":");
    dict->parts.push_back(parse_expression());
  }
  expect_operator("}");
  return measured(std::move(dict));
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr value) {
  while (true) {
    const std::size_t start = token().offset;
    if (skip_operator("."))
      value = parse_dotted(start, std::move(value));
    else if (skip_operator("["))
      value = parse_subscript(start, std::move(value));
    else if (is_operator("("))
      value = parse_call(std::move(value));
    else
      return value;
  }
}

ExpressionPtr Parser::parse_dotted(std::size_t start, ExpressionPtr object) {
  if (token().kind == TokenKind::kInteger) {
    auto key = constant(token().offset, integer_value(token()));
    ++at_;
    return make(Operation::kItem, start, std::move(object), std::move(key));
  }
  if (token().kind != TokenKind::kName)
    fail(fmt::format("expected a name or number after '.', found {}", describe(token())));
  auto attribute = make(Operation::kAttribute, start, std::move(object));
  attribute->text = tokens_[at_++].text;
  return attribute;
}

ExpressionPtr Parser::parse_subscript(std::size_t start, ExpressionPtr object) {
  if (skip_operator("]")) return make(Operation::kItem, start, std::move(object), make(Operation::kTuple, start));
  ExpressionPtr key = is_operator(":") ? nullptr : parse_expression();
  if (is_operator(":")) {
    auto slice = make(Operation::kSlice, start, std::move(object), std::move(key));
    while (skip_operator(":")) {
      if (slice->parts.size() == 4) fail("a slice has at most three parts");
      slice->parts.push_back(is_operator(":") || is_operator("]") ? nullptr : parse_expression());
    }
    expect_operator("]");
    return measured(std::move(slice));
  }
  if (is_operator(",")) {
    auto tuple = make(Operation::kTuple, start, std::move(key));
    while (skip_operator(",")) tuple->parts.push_back(parse_expression());
    key = measured(std::move(tuple));
  }
  expect_operator("]");
  return make(Operation::kItem, start, std::move(object), std::move(key));
}

}  // namespace jinja
