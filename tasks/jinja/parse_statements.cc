// The rules of statements: text, outputs, and what stands between {% and %}.
#include <fmt/format.h>

#include "harness/core/errors.h"
#include "tasks/jinja/parser_class.h"

namespace jinja {
namespace {

const std::vector<std::string> kStatements = {"if",     "elif",      "else",  "endif",    "for",   "endfor",
                                              "set",    "endset",    "macro", "endmacro", "call",  "endcall",
                                              "filter", "endfilter", "with",  "endwith",  "print", "raw"};

}  // namespace

Block Parser::parse_block(const std::vector<std::string_view>& ends) {
  const Level level(*this);
  Block block;
  const std::size_t start = token().offset;
  while (true) {
    switch (token().kind) {
      case TokenKind::kText:
        block.push_back(parse_text());
        break;
      case TokenKind::kOutputBegin:
        block.push_back(parse_output());
        break;
      case TokenKind::kEnd:
        if (!ends.empty()) fail(start, fmt::format("the block is not closed: '{}' is missing", ends.back()));
        return block;
      default:
        ++at_;
        if (std::find(ends.begin(), ends.end(), token().text) != ends.end() && token().kind == TokenKind::kName)
          return block;
        parse_statement(block);
    }
  }
}

Block Parser::parse_body(const std::vector<std::string_view>& ends) {
  skip_operator(":");
  expect(TokenKind::kBlockEnd, "'%}'");
  return parse_block(ends);
}

Block Parser::parse_whole_body(std::string_view end) {
  Block body = parse_body({end});
  expect_name(end);
  expect(TokenKind::kBlockEnd, "'%}'");
  return body;
}

Statement Parser::begin(StatementKind kind) const {
  Statement statement;
  statement.kind = kind;
  statement.offset = token().offset;
  return statement;
}

Statement Parser::parse_text() {
  Statement statement = begin(StatementKind::kText);
  statement.text = tokens_[at_++].text;
  return statement;
}

Statement Parser::parse_output() {
  Statement statement = begin(StatementKind::kOutput);
  ++at_;
  statement.expression = parse_tuple(WithConditional::kYes);
  expect(TokenKind::kOutputEnd, "'}}'");
  return statement;
}

void Parser::parse_statement(Block& block) {
  if (token().kind != TokenKind::kName) fail(fmt::format("expected a statement, found {}", describe(token())));
  if (is_name("print")) return parse_print(block);
  using StatementRule = Statement (Parser::*)();
  static constexpr std::pair<std::string_view, StatementRule> kRules[] = {
      {"if", &Parser::parse_if},       {"for", &Parser::parse_for},         {"set", &Parser::parse_set},
      {"macro", &Parser::parse_macro}, {"call", &Parser::parse_call_block}, {"filter", &Parser::parse_filter_block},
      {"with", &Parser::parse_with}};
  for (const auto& [word, rule] : kRules)
    if (is_name(word)) return block.push_back((this->*rule)());
  fail_statement();
}

void Parser::fail_statement() const {
  static const std::vector<std::string_view> kOtherFiles = {"include", "import", "from", "extends", "block"};
  const std::string& word = token().text;
  if (word == "else" || word == "elif" || word.starts_with("end")) fail(fmt::format("'{}' closes nothing here", word));
  if (std::find(kOtherFiles.begin(), kOtherFiles.end(), word) != kOtherFiles.end())
    fail(fmt::format("'{}' is not supported: a template is one text, without others beside it", word));
  if (word == "do")
    fail("'do' is an extension of jinja2: write {{ expression or '' }}, or {% set unused = expression %}");
  if (word == "autoescape") fail("'autoescape' is not supported: nothing is escaped here");
  fail(fmt::format("unknown statement '{}'{}", word, core::did_you_mean(word, kStatements)));
}

void Parser::parse_print(Block& block) {
  ++at_;
  for (bool first = true; token().kind != TokenKind::kBlockEnd; first = false) {
    if (!first) expect_operator(",");
    Statement statement = begin(StatementKind::kOutput);
    statement.expression = parse_expression();
    block.push_back(std::move(statement));
  }
  ++at_;
}

Statement Parser::parse_if() {
  Statement statement = begin(StatementKind::kIf);
  do {
    ++at_;
    Branch branch;
    branch.test = parse_tuple(WithConditional::kNo);
    branch.body = parse_body({"elif", "else", "endif"});
    statement.branches.push_back(std::move(branch));
  } while (is_name("elif"));
  if (skip_name("else")) statement.branches.push_back({nullptr, parse_body({"endif"})});
  expect_name("endif");
  expect(TokenKind::kBlockEnd, "'%}'");
  return statement;
}

Statement Parser::parse_for() {
  Statement statement = begin(StatementKind::kFor);
  ++at_;
  ++loops_;
  statement.target = statement.filter_target = parse_targets("in");
  expect_name("in");
  statement.expression = parse_tuple(WithConditional::kNo, "recursive");
  if (skip_name("if")) statement.filter = parse_expression();
  statement.recursive = skip_name("recursive");
  statement.body = parse_body({"else", "endfor"});
  if (skip_name("else")) statement.otherwise = parse_body({"endfor"});
  --loops_;
  expect_name("endfor");
  expect(TokenKind::kBlockEnd, "'%}'");
  return statement;
}

Statement Parser::parse_set() {
  Statement statement = begin(StatementKind::kSet);
  ++at_;
  statement.target = parse_targets("=");
  if (skip_operator("=")) {
    statement.expression = parse_tuple(WithConditional::kYes);
    expect(TokenKind::kBlockEnd, "'%}'");
    return statement;
  }
  if (!is_operator("|") && !is_operator(":") && token().kind != TokenKind::kBlockEnd)
    fail(fmt::format("expected '=' or '%}}', found {}", describe(token())));
  statement.kind = StatementKind::kSetBlock;
  if (is_operator("|")) statement.filter = parse_pipes(make(Operation::kCaptured, token().offset));
  statement.body = parse_whole_body("endset");
  return statement;
}

Statement Parser::parse_filter_block() {
  Statement statement = begin(StatementKind::kFilterBlock);
  ++at_;
  statement.filter = parse_pipes(parse_filter(make(Operation::kCaptured, token().offset)));
  statement.body = parse_whole_body("endfilter");
  return statement;
}

Statement Parser::parse_with() {
  Statement statement = begin(StatementKind::kWith);
  ++at_;
  while (token().kind != TokenKind::kBlockEnd && !is_operator(":")) {
    if (!statement.assigns.empty()) expect_operator(",");
    const int around = std::exchange(loops_, 0);  // these may be called "loop"
    Target target = parse_targets("=", Attributes::kNo);
    loops_ = around;
    expect_operator("=");
    ExpressionPtr value = parse_expression();
    statement.assigns.emplace_back(std::move(target), std::move(value));
  }
  statement.body = parse_whole_body("endwith");
  return statement;
}

Statement Parser::parse_macro() {
  Statement statement = begin(StatementKind::kMacro);
  ++at_;
  statement.target.offset = token().offset;
  statement.target.name = parse_new_name();
  statement.macro = std::make_unique<MacroCode>();
  statement.macro->name = statement.target.name;
  parse_parameters(*statement.macro);
  statement.macro->body = parse_whole_body("endmacro");
  return statement;
}

Statement Parser::parse_call_block() {
  Statement statement = begin(StatementKind::kCallBlock);
  ++at_;
  statement.macro = std::make_unique<MacroCode>();
  if (is_operator("(")) parse_parameters(*statement.macro);
  const std::size_t start = token().offset;
  statement.expression = parse_expression();
  const Expression& call = *statement.expression;
  if (call.operation != Operation::kCall && call.operation != Operation::kMethodCall)
    fail(start, "expected a call, such as name(…)");
  if (std::any_of(call.named.begin(), call.named.end(), [](const auto& one) { return one.first == "caller"; }))
    fail(start, "the argument 'caller' is given by the block itself");
  statement.macro->body = parse_whole_body("endcall");
  return statement;
}

void Parser::parse_parameters(MacroCode& macro) {
  expect_operator("(");
  while (!is_operator(")")) {
    if (!macro.parameters.empty()) expect_operator(",");
    Parameter parameter;
    parameter.offset = token().offset;
    parameter.name = parse_new_name();
    if (macro.has_parameter(parameter.name))
      fail(parameter.offset, fmt::format("the parameter '{}' is there twice", parameter.name));
    if (skip_operator("="))
      parameter.absent = parse_expression();
    else if (!macro.parameters.empty() && macro.parameters.back().absent)
      fail(parameter.offset, "a parameter without a default follows one with a default");
    macro.parameters.push_back(std::move(parameter));
  }
  expect_operator(")");
}

std::string Parser::parse_new_name() {
  if (token().kind != TokenKind::kName) fail(fmt::format("expected a name, found {}", describe(token())));
  static const std::vector<std::string_view> kReserved = {"true", "false", "none", "True", "False", "None"};
  if (std::find(kReserved.begin(), kReserved.end(), token().text) != kReserved.end())
    fail(fmt::format("'{}' cannot be assigned to", token().text));
  return tokens_[at_++].text;
}

Target Parser::parse_target(Attributes attributes) {
  Target target;
  target.offset = token().offset;
  if (skip_operator("(")) {
    target = parse_targets(")", Attributes::kNo);
    expect_operator(")");
    return target;
  }
  target.name = parse_new_name();
  if (attributes == Attributes::kYes && skip_operator(".")) {
    if (token().kind != TokenKind::kName) fail("expected a name after '.'");
    target.attribute = tokens_[at_++].text;
  } else if (loops_ > 0 && target.name == "loop") {
    fail(target.offset, "'loop' cannot be assigned to inside a loop");
  }
  return target;
}

Target Parser::parse_targets(std::string_view end) {
  return parse_targets(end, end == "=" ? Attributes::kYes : Attributes::kNo);
}

Target Parser::parse_targets(std::string_view end, Attributes attributes) {
  const Level level(*this);
  const std::size_t start = token().offset;
  Target first = parse_target(attributes);
  if (!is_operator(",")) return first;
  Target all;
  all.offset = start;
  all.parts.push_back(std::move(first));
  while (skip_operator(",")) {
    if (token().text == end) break;
    all.parts.push_back(parse_target(attributes));
  }
  return all;
}

}  // namespace jinja
