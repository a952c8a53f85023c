// The rules of operators, each over the next tighter one.
#include "tasks/jinja/operators.h"
#include "tasks/jinja/parser_class.h"

namespace jinja {

bool Parser::at_tuple_end(std::string_view word) const {
  return token().kind == TokenKind::kOutputEnd || token().kind == TokenKind::kBlockEnd || is_operator(")") ||
         token().kind == TokenKind::kEnd || (!word.empty() && is_name(word));
}

ExpressionPtr Parser::parse_tuple(WithConditional conditional, std::string_view word) {
  const std::size_t start = token().offset;
  const auto one = [&] { return conditional == WithConditional::kYes ? parse_expression() : parse_or(); };
  ExpressionPtr first = one();
  if (!is_operator(",")) return first;
  auto tuple = make(Operation::kTuple, start, std::move(first));
  while (skip_operator(",")) {
    if (at_tuple_end(word)) break;
    tuple->parts.push_back(one());
  }
  return measured(std::move(tuple));
}

ExpressionPtr Parser::parse_expression() {
  const Level level(*this);
  ExpressionPtr value = parse_or();
  while (is_name("if")) {
    const std::size_t start = tokens_[at_++].offset;
    ExpressionPtr condition = parse_or();
    ExpressionPtr otherwise = skip_name("else") ? parse_expression() : nullptr;
    value = make(Operation::kConditional, start, std::move(value), std::move(otherwise), std::move(condition));
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  ExpressionPtr left = parse_and();
  while (is_name("or")) {
    const std::size_t start = tokens_[at_++].offset;
    ExpressionPtr right = parse_and();
    left = make(Operation::kOr, start, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr Parser::parse_and() {
  ExpressionPtr left = parse_not();
  while (is_name("and")) {
    const std::size_t start = tokens_[at_++].offset;
    ExpressionPtr right = parse_not();
    left = make(Operation::kAnd, start, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr Parser::parse_not() {
  const Level level(*this);
  if (!is_name("not")) return parse_compare();
  const std::size_t start = tokens_[at_++].offset;
  return make(Operation::kNot, start, parse_not());
}

std::optional<Comparison> Parser::skip_comparison() {
  static constexpr std::pair<std::string_view, Comparison> kSigns[] = {
      {"==", Comparison::kEqual},        {"!=", Comparison::kUnequal}, {"<=", Comparison::kLessEqual},
      {">=", Comparison::kGreaterEqual}, {"<", Comparison::kLess},     {">", Comparison::kGreater}};
  for (const auto& [sign, comparison] : kSigns)
    if (skip_operator(sign)) return comparison;
  if (skip_name("in")) return Comparison::kIn;
  if (!is_name("not") || !ahead().is(TokenKind::kName, "in")) return std::nullopt;
  at_ += 2;
  return Comparison::kNotIn;
}

ExpressionPtr Parser::parse_compare() {
  ExpressionPtr first = parse_sum();
  const std::size_t start = token().offset;
  auto comparison = skip_comparison();
  if (!comparison) return first;
  auto compare = make(Operation::kCompare, start, std::move(first));
  for (; comparison; comparison = skip_comparison()) {
    compare->comparisons.push_back(*comparison);
    compare->parts.push_back(parse_sum());
  }
  return measured(std::move(compare));
}

ExpressionPtr Parser::parse_binary(Signs signs, Rule tighter) {
  ExpressionPtr left = (this->*tighter)();
  while (true) {
    const auto found =
        std::find_if(signs.begin(), signs.end(), [&](const auto& sign) { return is_operator(sign.first); });
    if (found == signs.end()) return left;
    const std::size_t start = tokens_[at_++].offset;
    ExpressionPtr right = (this->*tighter)();
    left = make(Operation::kArithmetic, start, std::move(left), std::move(right));
    left->arithmetic = found->second;
  }
}

ExpressionPtr Parser::parse_sum() {
  return parse_binary({{"+", Arithmetic::kAdd}, {"-", Arithmetic::kSubtract}}, &Parser::parse_concatenation);
}

ExpressionPtr Parser::parse_concatenation() {
  ExpressionPtr first = parse_product();
  if (!is_operator("~")) return first;
  auto all = make(Operation::kConcatenate, token().offset, std::move(first));
  while (skip_operator("~")) all->parts.push_back(parse_product());
  return measured(std::move(all));
}

ExpressionPtr Parser::parse_product() {
  return parse_binary({{"*", Arithmetic::kMultiply},
                       {"/", Arithmetic::kDivide},
                       {"//", Arithmetic::kFloorDivide},
                       {"%", Arithmetic::kModulo}},
                      &Parser::parse_power);
}

ExpressionPtr Parser::parse_power() {
  return parse_binary({{"**", Arithmetic::kPower}}, &Parser::parse_filtered_unary);
}

ExpressionPtr Parser::parse_filtered_unary() { return parse_filters(parse_unary()); }

ExpressionPtr Parser::parse_unary() {
  const Level level(*this);
  const std::size_t start = token().offset;
  if (skip_operator("-")) return parse_postfix(negated(start, parse_unary()));
  if (skip_operator("+")) return parse_postfix(make(Operation::kPositive, start, parse_unary()));
  return parse_postfix(parse_primary());
}

ExpressionPtr Parser::negated(std::size_t start, ExpressionPtr operand) {
  const bool number = operand->operation == Operation::kConstant && operand->constant.is_number();
  return number ? constant(start, negative(operand->constant)) : make(Operation::kNegative, start, std::move(operand));
}

}  // namespace jinja
