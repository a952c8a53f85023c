#include "tasks/jinja/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/core/errors.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/lexer.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/scopes.h"

namespace jinja {
namespace {

constexpr int kMaximumDepth = 200;    // of brackets, unary operators and statements
constexpr int kMaximumHeight = 1000;  // of the tree: evaluation recurses

const std::vector<std::string> kStatements = {"if",     "elif",      "else",  "endif",    "for",   "endfor",
                                              "set",    "endset",    "macro", "endmacro", "call",  "endcall",
                                              "filter", "endfilter", "with",  "endwith",  "print", "raw"};

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}

  std::unique_ptr<Program> run() {
    auto program = std::make_unique<Program>();
    program->body = parse_block({});
    assign_places(*program);
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
    throw PlacedError{offset, std::string(message)};
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
          parse_statement(block);
      }
    }
  }

  /// The body behind a tag that ends here, perhaps with Python's colon, up to a statement whose name is in `ends`.
  Block parse_body(const std::vector<std::string_view>& ends) {
    skip_operator(":");
    expect(TokenKind::kBlockEnd, "'%}'");
    return parse_block(ends);
  }

  /// The same where only one statement ends it, which is taken with its tag.
  Block parse_whole_body(std::string_view end) {
    Block body = parse_body({end});
    expect_name(end);
    expect(TokenKind::kBlockEnd, "'%}'");
    return body;
  }

  Statement begin(StatementKind kind) const {
    Statement statement;
    statement.kind = kind;
    statement.offset = token().offset;
    return statement;
  }

  Statement parse_text() {
    Statement statement = begin(StatementKind::kText);
    statement.text = tokens_[at_++].text;
    return statement;
  }

  Statement parse_output() {
    Statement statement = begin(StatementKind::kOutput);
    ++at_;
    statement.expression = parse_tuple(WithConditional::kYes);
    expect(TokenKind::kOutputEnd, "'}}'");
    return statement;
  }

  void parse_statement(Block& block) {
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

  [[noreturn]] void fail_statement() const {
    static const std::vector<std::string_view> kOtherFiles = {"include", "import", "from", "extends", "block"};
    const std::string& word = token().text;
    if (word == "else" || word == "elif" || word.starts_with("end"))
      fail(fmt::format("'{}' closes nothing here", word));
    if (std::find(kOtherFiles.begin(), kOtherFiles.end(), word) != kOtherFiles.end())
      fail(fmt::format("'{}' is not supported: a template is one text, without others beside it", word));
    if (word == "do")
      fail("'do' is an extension of jinja2: write {{ expression or '' }}, or {% set unused = expression %}");
    if (word == "autoescape") fail("'autoescape' is not supported: nothing is escaped here");
    fail(fmt::format("unknown statement '{}'{}", word, core::did_you_mean(word, kStatements)));
  }

  /// "{% print a, b %}": as {{ a }}{{ b }}.
  void parse_print(Block& block) {
    ++at_;
    for (bool first = true; token().kind != TokenKind::kBlockEnd; first = false) {
      if (!first) expect_operator(",");
      Statement statement = begin(StatementKind::kOutput);
      statement.expression = parse_expression();
      block.push_back(std::move(statement));
    }
    ++at_;
  }

  Statement parse_if() {
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

  Statement parse_for() {
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

  Statement parse_set() {
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

  Statement parse_filter_block() {
    Statement statement = begin(StatementKind::kFilterBlock);
    ++at_;
    statement.filter = parse_pipes(parse_filter(make(Operation::kCaptured, token().offset)));
    statement.body = parse_whole_body("endfilter");
    return statement;
  }

  Statement parse_with() {
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

  Statement parse_macro() {
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

  Statement parse_call_block() {
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

  void parse_parameters(MacroCode& macro) {
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

  std::string parse_new_name() {
    if (token().kind != TokenKind::kName) fail(fmt::format("expected a name, found {}", describe(token())));
    static const std::vector<std::string_view> kReserved = {"true", "false", "none", "True", "False", "None"};
    if (std::find(kReserved.begin(), kReserved.end(), token().text) != kReserved.end())
      fail(fmt::format("'{}' cannot be assigned to", token().text));
    return tokens_[at_++].text;
  }

  enum class Attributes { kYes, kNo };

  Target parse_target(Attributes attributes) {
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

  Target parse_targets(std::string_view end) {
    return parse_targets(end, end == "=" ? Attributes::kYes : Attributes::kNo);
  }

  /// One target, or several with commas between, up to the word or sign `end`.
  Target parse_targets(std::string_view end, Attributes attributes) {
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
    for (const ExpressionPtr* part : {&expression->more_positional, &expression->more_named})
      below = std::max(below, *part ? (*part)->depth : 0);
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

  bool at_tuple_end(std::string_view word) const {
    return token().kind == TokenKind::kOutputEnd || token().kind == TokenKind::kBlockEnd || is_operator(")") ||
           token().kind == TokenKind::kEnd || (!word.empty() && is_name(word));
  }

  /// One expression, or a tuple where commas follow, which `word` may end, too.
  ExpressionPtr parse_tuple(WithConditional conditional, std::string_view word = {}) {
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
    if (skip_operator("-")) return parse_postfix(negated(start, parse_unary()));
    if (skip_operator("+")) return parse_postfix(make(Operation::kPositive, start, parse_unary()));
    return parse_postfix(parse_primary());
  }

  /// "-1" is a constant.
  ExpressionPtr negated(std::size_t start, ExpressionPtr operand) {
    const bool number = operand->operation == Operation::kConstant && operand->constant.is_number();
    return number ? constant(start, negative(operand->constant))
                  : make(Operation::kNegative, start, std::move(operand));
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

  /// "(a, b, *more, name=c, **named)" behind `call`, whose parts so far stay in front.
  ExpressionPtr parse_arguments(ExpressionPtr call) {
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

  void parse_argument(Expression& call) {
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

  /// Arguments that are constants are evaluated once, here.
  static void fix_arguments(Expression& call, std::size_t before) {
    if (call.more_positional || call.more_named) return;
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

  /// What `string` and `truncate(length)` give back as it is.
  static std::int64_t passed_bytes(const Expression& filter) {
    if (!filter.fixed || !filter.fixed->named.empty()) return -1;
    const std::vector<Value>& given = filter.fixed->positional;
    if (filter.text == "string" && given.empty()) return std::numeric_limits<std::int64_t>::max();
    const bool cuts = filter.text == "truncate" && given.size() == 1 && given[0].is(Kind::kInt);
    return cuts && given[0].integer() >= 3 ? given[0].integer() : -1;  // shorter than "..." is an error
  }

  /// "| filter | filter …", if any.
  ExpressionPtr parse_pipes(ExpressionPtr value) {
    while (skip_operator("|")) value = parse_filter(std::move(value));
    return value;
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
    if (!filter->filter) fail(filter->offset, no_filter(filter->text));
    if (is_operator("("))
      filter = parse_arguments(std::move(filter));
    else
      filter->fixed.emplace();
    filter->passes = passed_bytes(*filter);
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

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;  // around
};

}  // namespace

std::unique_ptr<Program> parse(std::string_view source) { return Parser(source).run(); }

}  // namespace jinja
