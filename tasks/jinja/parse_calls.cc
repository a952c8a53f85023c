// The rules of calls, filters and tests.
#include <fmt/format.h>

#include <limits>

#include "tasks/jinja/parser_class.h"

namespace jinja {

ExpressionPtr Parser::parse_arguments(ExpressionPtr call) {
  const std::size_t before = call->parts.size();
  expect_operator("(");
  for (bool first = true; !is_operator(")"); first = false) {
    if (!first) expect_operator(",");
    if (is_operator(")")) break;
    parse_argument(*call);
  }
  expect_operator(")");
  fix_arguments(*call, before);
  return measured(std::move(call));
}

void Parser::parse_argument(Expression& call) {
  const std::size_t start = token().offset;
  const bool has_rest = call.more_positional || call.more_named;
  if (skip_operator("*")) {
    if (has_rest) fail(start, "only one '*' is allowed, before '**'");
    call.more_positional = parse_expression();
    return;
  }
  if (call.more_named) fail(start, "an argument follows '**'");
  if (skip_operator("**")) {
    call.more_named = parse_expression();
    return;
  }
  if (token().kind == TokenKind::kName && ahead().is(TokenKind::kOperator, "=")) {
    std::string name = token().text;
    if (std::any_of(call.named.begin(), call.named.end(), [&](const auto& one) { return one.first == name; }))
      fail(start, fmt::format("the argument '{}' is given twice", name));
    at_ += 2;
    call.named.emplace_back(std::move(name), parse_expression());
    return;
  }
  if (has_rest || !call.named.empty())
    fail(start, "an argument without a name follows one with a name, or one with '*'");
  call.parts.push_back(parse_expression());
}

void Parser::fix_arguments(Expression& call, std::size_t before) {
  if (call.more_positional || call.more_named) return;
  const auto is_constant = [](const ExpressionPtr& part) { return part->operation == Operation::kConstant; };
  if (!std::all_of(call.parts.begin() + static_cast<std::ptrdiff_t>(before), call.parts.end(), is_constant)) return;
  if (!std::all_of(call.named.begin(), call.named.end(), [&](const auto& one) { return is_constant(one.second); }))
    return;
  call.fixed.emplace();
  for (std::size_t i = before; i < call.parts.size(); ++i) call.fixed->positional.push_back(call.parts[i]->constant);
  for (const auto& [name, part] : call.named) call.fixed->named.emplace_back(name, part->constant);
}

ExpressionPtr Parser::parse_call(ExpressionPtr callee) {
  const std::size_t start = token().offset;
  if (callee->operation != Operation::kAttribute)
    return parse_arguments(make(Operation::kCall, start, std::move(callee)));
  auto call = make(Operation::kMethodCall, callee->offset, std::move(callee->parts[0]));
  call->text = std::move(callee->text);
  return parse_arguments(std::move(call));
}

std::int64_t Parser::passed_bytes(const Expression& filter) {
  if (!filter.fixed || !filter.fixed->named.empty()) return -1;
  const std::vector<Value>& given = filter.fixed->positional;
  if (filter.text == "string" && given.empty()) return std::numeric_limits<std::int64_t>::max();
  const bool cuts = filter.text == "truncate" && given.size() == 1 && given[0].is(Kind::kInt);
  return cuts && given[0].integer() >= 3 ? given[0].integer() : -1;  // shorter than "..." is an error
}

ExpressionPtr Parser::parse_pipes(ExpressionPtr value) {
  while (skip_operator("|")) value = parse_filter(std::move(value));
  return value;
}

ExpressionPtr Parser::parse_filters(ExpressionPtr value) {
  while (true) {
    if (skip_operator("|"))
      value = parse_filter(std::move(value));
    else if (skip_name("is"))
      value = parse_test(std::move(value));
    else if (is_operator("("))
      value = parse_call(std::move(value));
    else
      return value;
  }
}

std::string Parser::dotted_name(std::string_view what) {
  if (token().kind != TokenKind::kName)
    fail(fmt::format("expected the name of a {}, found {}", what, describe(token())));
  std::string name = tokens_[at_++].text;
  while (is_operator(".") && ahead().kind == TokenKind::kName) {
    name += "." + ahead().text;
    at_ += 2;
  }
  return name;
}

ExpressionPtr Parser::parse_filter(ExpressionPtr value) {
  auto filter = make(Operation::kFilter, token().offset, std::move(value));
  filter->text = dotted_name("filter");
  filter->filter = find_filter(filter->text);
  if (!filter->filter) fail(filter->offset, no_filter(filter->text));
  if (is_operator("("))
    filter = parse_arguments(std::move(filter));
  else
    filter->fixed.emplace();
  filter->passes = passed_bytes(*filter);
  return filter;
}

bool Parser::at_test_argument() const {
  switch (token().kind) {
    case TokenKind::kName:
      return !is_name("else") && !is_name("or") && !is_name("and");
    case TokenKind::kString:
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return true;
    default:
      return is_operator("[") || is_operator("{");
  }
}

ExpressionPtr Parser::parse_test(ExpressionPtr value) {
  const std::size_t start = token().offset;
  const bool negated = skip_name("not");
  auto test = make(Operation::kTest, token().offset, std::move(value));
  test->text = dotted_name("test");
  test->test = find_test(test->text);
  if (!test->test) fail(test->offset, no_test(test->text));
  if (is_operator("(")) {
    test = parse_arguments(std::move(test));
  } else if (at_test_argument()) {
    if (is_name("is")) fail("tests cannot be chained with is");
    test->parts.push_back(parse_postfix(parse_primary()));
    fix_arguments(*test, 1);
    test = measured(std::move(test));
  } else {
    test->fixed.emplace();
  }
  return negated ? make(Operation::kNot, start, std::move(test)) : std::move(test);
}

}  // namespace jinja
