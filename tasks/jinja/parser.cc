#include "tasks/jinja/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/lexer.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/scopes.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;    // of brackets, unary operators and statements
constexpr int kMaximumHeight = 1000;  // of the tree: evaluation recurses

const std::vector<std::string> kStatements = {"if", "elif", "else", "endif", "for", "endfor", "set", "raw"};

class Parser {
 public:
  Parser(std::string_view source, std::string_view name)
      : source_(source), name_(name), tokens_(tokenize(source, name)) {}

  Program run() {
    Program program;
    program.body = parse_block({});
    assign_slots(program);
    return program;
  }

 private:
  /// Counts nesting while it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaximumDepth) parser_.fail(fmt::format("nested deeper than {}", kMaximumDepth));
    }
    ~Level() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  const Token& token() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is_operator(std::string_view sign) const { return token().is(TokenKind::kOperator, sign); }
  bool is_name(std::string_view word) const { return token().is(TokenKind::kName, word); }
  bool skip_operator(std::string_view sign) { return is_operator(sign) && ++at_; }
  bool skip_name(std::string_view word) { return is_name(word) && ++at_; }

  [[noreturn]] void fail(std::string_view message) const { fail(token().offset, message); }
  [[noreturn]] void fail(std::size_t offset, std::string_view message) const {
    throw TemplateError(name_, source_, offset, message);
  }

  std::string describe(const Token& one) const {
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

  void expect_operator(std::string_view sign) {
    if (!skip_operator(sign)) fail(fmt::format("expected '{}', found {}", sign, describe(token())));
  }
  void expect_name(std::string_view word) {
    if (!skip_name(word)) fail(fmt::format("expected '{}', found {}", word, describe(token())));
  }
  void expect(TokenKind kind, std::string_view what) {
    if (token().kind != kind) fail(fmt::format("expected {}, found {}", what, describe(token())));
    ++at_;
  }

  // Statements.

  /// Up to a statement whose name is in `ends`, which is left for the caller (its "{%" is taken).
  Block parse_block(const std::vector<std::string_view>& ends) {
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
          block.push_back(parse_statement());
      }
    }
  }

  Statement parse_text() {
    Statement statement;
    statement.offset = token().offset;
    statement.text = tokens_[at_++].text;
    return statement;
  }

  Statement parse_output() {
    Statement statement;
    statement.kind = StatementKind::kOutput;
    statement.offset = token().offset;
    ++at_;
    statement.expression = parse_tuple(WithConditional::kYes);
    expect(TokenKind::kOutputEnd, "'}}'");
    return statement;
  }

  Statement parse_statement() {
    if (token().kind != TokenKind::kName) fail(fmt::format("expected a statement, found {}", describe(token())));
    if (is_name("if")) return parse_if();
    if (is_name("for")) return parse_for();
    if (is_name("set")) return parse_set();
    const std::string& word = token().text;
    if (word == "else" || word == "elif" || word.starts_with("end"))
      fail(fmt::format("'{}' closes nothing here", word));
    fail(fmt::format("unknown statement '{}'{}", word, core::did_you_mean(word, kStatements)));
  }

  Statement parse_if() {
    Statement statement;
    statement.kind = StatementKind::kIf;
    statement.offset = token().offset;
    ++at_;
    while (true) {
      Branch branch;
      branch.test = parse_tuple(WithConditional::kNo);
      expect(TokenKind::kBlockEnd, "'%}'");
      branch.body = parse_block({"elif", "else", "endif"});
      statement.branches.push_back(std::move(branch));
      if (!skip_name("elif")) break;
    }
    if (skip_name("else")) {
      expect(TokenKind::kBlockEnd, "'%}'");
      statement.branches.push_back({nullptr, parse_block({"endif"})});
    }
    expect_name("endif");
    expect(TokenKind::kBlockEnd, "'%}'");
    return statement;
  }

  Statement parse_for() {
    Statement statement;
    statement.kind = StatementKind::kFor;
    statement.offset = token().offset;
    ++at_;
    statement.target = statement.filter_target = parse_targets("in");
    expect_name("in");
    statement.expression = parse_tuple(WithConditional::kNo);
    if (skip_name("if")) statement.filter = parse_expression();
    if (is_name("recursive")) fail("recursive loops are not supported");
    expect(TokenKind::kBlockEnd, "'%}'");
    statement.body = parse_block({"else", "endfor"});
    if (skip_name("else")) {
      expect(TokenKind::kBlockEnd, "'%}'");
      statement.otherwise = parse_block({"endfor"});
    }
    expect_name("endfor");
    expect(TokenKind::kBlockEnd, "'%}'");
    return statement;
  }

  Statement parse_set() {
    Statement statement;
    statement.kind = StatementKind::kSet;
    statement.offset = token().offset;
    ++at_;
    statement.target = parse_targets("=");
    if (!skip_operator("=")) fail("expected '=': blocks of set are not supported");
    statement.expression = parse_tuple(WithConditional::kYes);
    expect(TokenKind::kBlockEnd, "'%}'");
    return statement;
  }

  Target parse_target(bool with_namespace) {
    Target target;
    target.offset = token().offset;
    if (skip_operator("(")) {
      target = parse_targets(")");
      expect_operator(")");
      return target;
    }
    if (token().kind != TokenKind::kName) fail(fmt::format("expected a name, found {}", describe(token())));
    target.name = tokens_[at_++].text;
    static const std::vector<std::string_view> kReserved = {"true", "false", "none", "True", "False", "None"};
    if (std::find(kReserved.begin(), kReserved.end(), target.name) != kReserved.end())
      fail(target.offset, fmt::format("'{}' cannot be assigned to", target.name));
    if (with_namespace && skip_operator(".")) {
      if (token().kind != TokenKind::kName) fail("expected a name after '.'");
      target.attribute = tokens_[at_++].text;
    }
    return target;
  }

  /// One target, or several with commas between, up to the word or sign `end`.
  Target parse_targets(std::string_view end) {
    const Level level(*this);
    const std::size_t start = token().offset;
    Target first = parse_target(end == "=");
    if (!is_operator(",")) return first;
    Target all;
    all.offset = start;
    all.parts.push_back(std::move(first));
    while (skip_operator(",")) {
      if (token().text == end) break;
      all.parts.push_back(parse_target(end == "="));
    }
    return all;
  }

  // Expressions.

  template <class... Parts>
  ExpressionPtr make(Operation operation, std::size_t offset, Parts... parts) {
    auto expression = std::make_unique<Expression>();
    expression->operation = operation;
    expression->offset = offset;
    (expression->parts.push_back(std::move(parts)), ...);
    return measured(std::move(expression));
  }

  /// Called again where parts were added.
  ExpressionPtr measured(ExpressionPtr expression) const {
    int below = 0;
    for (const auto& part : expression->parts) below = std::max(below, part ? part->depth : 0);
    for (const auto& [name, part] : expression->named) below = std::max(below, part->depth);
    expression->depth = below + 1;
    if (expression->depth > kMaximumHeight)
      fail(expression->offset, fmt::format("the expression is higher than {}", kMaximumHeight));
    return expression;
  }

  ExpressionPtr constant(std::size_t offset, Value value) {
    auto expression = make(Operation::kConstant, offset);
    expression->constant = std::move(value);
    return expression;
  }

  ExpressionPtr text_constant(std::size_t offset, std::string text) {
    auto expression = make(Operation::kConstant, offset);
    expression->text = std::move(text);
    expression->constant = Value::borrowed(expression->text);
    return expression;
  }

  enum class WithConditional { kYes, kNo };

  bool at_tuple_end() const {
    return token().kind == TokenKind::kOutputEnd || token().kind == TokenKind::kBlockEnd || is_operator(")") ||
           token().kind == TokenKind::kEnd;
  }

  /// One expression, or a tuple where commas follow.
  ExpressionPtr parse_tuple(WithConditional conditional) {
    const std::size_t start = token().offset;
    const auto one = [&] { return conditional == WithConditional::kYes ? parse_expression() : parse_or(); };
    ExpressionPtr first = one();
    if (!is_operator(",")) return first;
    auto tuple = make(Operation::kTuple, start, std::move(first));
    while (skip_operator(",")) {
      if (at_tuple_end()) break;
      tuple->parts.push_back(one());
    }
    return measured(std::move(tuple));
  }

  ExpressionPtr parse_expression() {
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

  ExpressionPtr parse_or() {
    ExpressionPtr left = parse_and();
    while (is_name("or")) {
      const std::size_t start = tokens_[at_++].offset;
      ExpressionPtr right = parse_and();
      left = make(Operation::kOr, start, std::move(left), std::move(right));
    }
    return left;
  }

  ExpressionPtr parse_and() {
    ExpressionPtr left = parse_not();
    while (is_name("and")) {
      const std::size_t start = tokens_[at_++].offset;
      ExpressionPtr right = parse_not();
      left = make(Operation::kAnd, start, std::move(left), std::move(right));
    }
    return left;
  }

  ExpressionPtr parse_not() {
    const Level level(*this);
    if (!is_name("not")) return parse_compare();
    const std::size_t start = tokens_[at_++].offset;
    return make(Operation::kNot, start, parse_not());
  }

  std::optional<Comparison> skip_comparison() {
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

  ExpressionPtr parse_compare() {
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

  using Rule = ExpressionPtr (Parser::*)();
  using Signs = std::initializer_list<std::pair<std::string_view, Arithmetic>>;

  /// Left-associative binary operators of one level over the next tighter one.
  ExpressionPtr parse_binary(Signs signs, Rule tighter) {
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

  ExpressionPtr parse_sum() {
    return parse_binary({{"+", Arithmetic::kAdd}, {"-", Arithmetic::kSubtract}}, &Parser::parse_concatenation);
  }

  ExpressionPtr parse_concatenation() {
    ExpressionPtr first = parse_product();
    if (!is_operator("~")) return first;
    auto all = make(Operation::kConcatenate, token().offset, std::move(first));
    while (skip_operator("~")) all->parts.push_back(parse_product());
    return measured(std::move(all));
  }

  ExpressionPtr parse_product() {
    return parse_binary({{"*", Arithmetic::kMultiply},
                         {"/", Arithmetic::kDivide},
                         {"//", Arithmetic::kFloorDivide},
                         {"%", Arithmetic::kModulo}},
                        &Parser::parse_power);
  }

  ExpressionPtr parse_power() { return parse_binary({{"**", Arithmetic::kPower}}, &Parser::parse_filtered_unary); }

  ExpressionPtr parse_filtered_unary() { return parse_filters(parse_unary()); }

  /// Without the filters behind it: "-1|abs" filters -1.
  ExpressionPtr parse_unary() {
    const Level level(*this);
    const std::size_t start = token().offset;
    if (skip_operator("-")) return parse_postfix(make(Operation::kNegative, start, parse_unary()));
    if (skip_operator("+")) return parse_postfix(make(Operation::kPositive, start, parse_unary()));
    return parse_postfix(parse_primary());
  }

  ExpressionPtr parse_primary() {
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

  Value integer_value(const Token& one) {
    const bool based =
        one.text.size() > 1 && one.text[0] == '0' && std::isalpha(static_cast<unsigned char>(one.text[1]));
    const int base = !based ? 10 : (one.text[1] | 32) == 'x' ? 16 : (one.text[1] | 32) == 'o' ? 8 : 2;
    try {
      if (const auto value = parse_integer(one.text, base)) return Value(*value);
    } catch (const EvaluationError& error) {
      fail(one.offset, error.what());
    }
    fail(one.offset, fmt::format("'{}' is not an integer", one.text));
  }

  ExpressionPtr parse_name() {
    const std::size_t start = token().offset;
    std::string word = tokens_[at_++].text;
    if (word == "true" || word == "True") return constant(start, Value(true));
    if (word == "false" || word == "False") return constant(start, Value(false));
    if (word == "none" || word == "None") return constant(start, Value::none());
    auto name = make(Operation::kName, start);
    name->text = std::move(word);
    return name;
  }

  ExpressionPtr parse_parentheses(std::size_t start) {
    if (skip_operator(")")) return make(Operation::kTuple, start);
    ExpressionPtr inner = parse_tuple(WithConditional::kYes);
    expect_operator(")");
    return inner;
  }

  ExpressionPtr parse_list(std::size_t start) {
    auto list = make(Operation::kList, start);
    while (!is_operator("]")) {
      if (!list->parts.empty()) expect_operator(",");
      if (is_operator("]")) break;
      list->parts.push_back(parse_expression());
    }
    expect_operator("]");
    return measured(std::move(list));
  }

  ExpressionPtr parse_dict(std::size_t start) {
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

  ExpressionPtr parse_postfix(ExpressionPtr value) {
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

  ExpressionPtr parse_dotted(std::size_t start, ExpressionPtr object) {
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

  ExpressionPtr parse_subscript(std::size_t start, ExpressionPtr object) {
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

  /// "(a, b, name=c)" behind `call`, whose parts so far stay in front.
  ExpressionPtr parse_arguments(ExpressionPtr call) {
    const std::size_t before = call->parts.size();
    expect_operator("(");
    while (!is_operator(")")) {
      if (call->parts.size() > before || !call->named.empty()) expect_operator(",");
      if (is_operator(")")) break;
      if (is_operator("*") || is_operator("**")) fail("arguments with * are not supported");
      if (token().kind == TokenKind::kName && ahead().is(TokenKind::kOperator, "=")) {
        std::string name = token().text;
        at_ += 2;
        call->named.emplace_back(std::move(name), parse_expression());
        continue;
      }
      if (!call->named.empty()) fail("an argument without a name follows one with a name");
      call->parts.push_back(parse_expression());
    }
    expect_operator(")");
    fix_arguments(*call, before);
    return measured(std::move(call));
  }

  /// Arguments that are constants are evaluated once, here.
  static void fix_arguments(Expression& call, std::size_t before) {
    const auto is_constant = [](const ExpressionPtr& part) { return part->operation == Operation::kConstant; };
    if (!std::all_of(call.parts.begin() + static_cast<std::ptrdiff_t>(before), call.parts.end(), is_constant)) return;
    if (!std::all_of(call.named.begin(), call.named.end(), [&](const auto& one) { return is_constant(one.second); }))
      return;
    call.fixed.emplace();
    for (std::size_t i = before; i < call.parts.size(); ++i) call.fixed->positional.push_back(call.parts[i]->constant);
    for (const auto& [name, part] : call.named) call.fixed->named.emplace_back(name, part->constant);
  }

  ExpressionPtr parse_call(ExpressionPtr callee) {
    const std::size_t start = token().offset;
    if (callee->operation != Operation::kAttribute)
      return parse_arguments(make(Operation::kCall, start, std::move(callee)));
    auto call = make(Operation::kMethodCall, callee->offset, std::move(callee->parts[0]));
    call->text = std::move(callee->text);
    return parse_arguments(std::move(call));
  }

  ExpressionPtr parse_filters(ExpressionPtr value) {
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

  std::string dotted_name(std::string_view what) {
    if (token().kind != TokenKind::kName)
      fail(fmt::format("expected the name of a {}, found {}", what, describe(token())));
    std::string name = tokens_[at_++].text;
    while (is_operator(".") && ahead().kind == TokenKind::kName) {
      name += "." + ahead().text;
      at_ += 2;
    }
    return name;
  }

  ExpressionPtr parse_filter(ExpressionPtr value) {
    auto filter = make(Operation::kFilter, token().offset, std::move(value));
    filter->text = dotted_name("filter");
    filter->filter = find_filter(filter->text);
    if (!filter->filter)
      fail(filter->offset,
           fmt::format("no filter is called '{}'{}", filter->text, core::did_you_mean(filter->text, filter_names())));
    if (is_operator("(")) return parse_arguments(std::move(filter));
    filter->fixed.emplace();
    return filter;
  }

  bool at_test_argument() const {
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

  ExpressionPtr parse_test(ExpressionPtr value) {
    const std::size_t start = token().offset;
    const bool negated = skip_name("not");
    auto test = make(Operation::kTest, token().offset, std::move(value));
    test->text = dotted_name("test");
    test->test = find_test(test->text);
    if (!test->test)
      fail(test->offset,
           fmt::format("no test is called '{}'{}", test->text, core::did_you_mean(test->text, test_names())));
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

  std::string_view source_, name_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Program parse(std::string_view source, std::string_view name) { return Parser(source, name).run(); }

}  // namespace jinja
