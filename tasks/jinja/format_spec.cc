#include "tasks/jinja/format_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/text.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/number_format.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr std::int64_t kMaximumWidth = 1'000'000;

struct Spec {
  std::string fill;  // empty: not given
  char align = 0, sign = 0, grouping = 0, type = 0;
  bool positive_zero = false, alternate = false;
  std::int64_t width = 0, precision = -1;
};

class SpecParser {
 public:
  /// `align` is the side where text of this kind stands: '<' or '>'.
  SpecParser(std::string_view text, char align) : text_(text), default_align_(align) {}

  Spec run() {
    parse_alignment();
    if (peek() == '+' || peek() == '-' || peek() == ' ') spec_.sign = text_[at_++];
    spec_.positive_zero = skip('z');
    spec_.alternate = skip('#');
    if (spec_.fill.empty() && skip('0')) {
      spec_.fill = "0";
      if (spec_.align == 0 && default_align_ == '>') spec_.align = '=';
    }
    if (const auto width = number()) spec_.width = *width;
    parse_grouping();
    if (skip('.')) {
      const auto precision = number();
      if (!precision) throw EvaluationError("format specifier missing precision");
      spec_.precision = *precision;
    }
    if (at_ + 1 < text_.size()) throw EvaluationError(fmt::format("invalid format specifier '{}'", text_));
    spec_.type = peek();
    if (spec_.fill.empty()) spec_.fill = " ";
    if (spec_.align == 0) spec_.align = default_align_;
    return spec_;
  }

 private:
  static bool is_align(char c) { return c == '<' || c == '>' || c == '=' || c == '^'; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(char c) { return peek() == c && c != '\0' && ++at_; }

  void parse_alignment() {
    std::size_t second = 0;
    if (!text_.empty()) next_code_point(text_, second);
    if (second > 0 && second < text_.size() && is_align(text_[second])) {
      spec_.fill = text_.substr(0, second);
      spec_.align = text_[second];
      at_ = second + 1;
    } else if (is_align(peek())) {
      spec_.align = text_[at_++];
    }
  }

  void parse_grouping() {
    for (; peek() == ',' || peek() == '_'; ++at_) {
      if (spec_.grouping) throw EvaluationError("only one of ',' and '_' can be given, once");
      spec_.grouping = peek();
    }
  }

  std::optional<std::int64_t> number() {
    if (peek() < '0' || peek() > '9') return std::nullopt;
    std::int64_t n = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      n = n * 10 + (peek() - '0');
      if (n > kMaximumWidth) throw EvaluationError("a width or precision of a format is too large");
    }
    return n;
  }

  std::string_view text_;
  char default_align_;
  std::size_t at_ = 0;
  Spec spec_;
};

[[noreturn]] void raise_type(char type, const Value& value) {
  throw EvaluationError(fmt::format("unknown format code '{}' for a value of type '{}'", type, type_name(value)));
}

/// `digits` in groups, with zeros in front up to `width` characters, never beginning with a separator.
std::string grouped(std::string_view digits, char separator, std::size_t group, std::int64_t width) {
  std::string out;
  auto rest = static_cast<std::int64_t>(digits.size());
  while (true) {
    const std::int64_t size = std::min<std::int64_t>(separator ? static_cast<std::int64_t>(group) : INT64_MAX,
                                                     std::max<std::int64_t>({rest, width, 1}));
    const std::int64_t taken = std::min(rest, size);
    out.insert(0, digits.substr(static_cast<std::size_t>(rest - taken), static_cast<std::size_t>(taken)));
    out.insert(0, static_cast<std::size_t>(size - taken), '0');
    rest -= taken;
    width -= size;
    if (rest <= 0 && width <= 0) return out;
    out.insert(0, 1, separator);
    --width;
  }
}

struct Number {
  bool negative = false;
  std::string prefix, digits, rest;  // "0x"; what can be grouped; point, fraction, exponent, per cent
};

std::string lay_out(const Spec& spec, const Number& number) {
  std::string front = number.negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
  front += number.prefix;
  const bool zeros = spec.fill == "0" && spec.align == '=';
  const std::int64_t least =
      zeros ? spec.width - static_cast<std::int64_t>(front.size()) - count_code_points(number.rest) : 0;
  const bool by_four = spec.type == 'b' || spec.type == 'o' || spec.type == 'x' || spec.type == 'X';
  std::string body = number.digits.empty() ? "" : grouped(number.digits, spec.grouping, by_four ? 4 : 3, least);
  body += number.rest;
  if (spec.align == '=')
    return front + pad(body, spec.width - static_cast<std::int64_t>(front.size()), spec.fill, Side::kRight);
  if (spec.align == '^') {  // str.center's rule for the odd blank does not hold here
    const std::int64_t missing = std::max<std::int64_t>(0, spec.width - count_code_points(front + body));
    return pad(pad(front + body, spec.width - missing + missing / 2, spec.fill, Side::kRight), spec.width, spec.fill,
               Side::kLeft);
  }
  return pad(front + body, spec.width, spec.fill, spec.align == '<' ? Side::kLeft : Side::kRight);
}

void check_grouping(const Spec& spec, const Value& value) {
  if (!spec.grouping) return;
  constexpr std::string_view kDecimal("defgEG%F\0", 9), kBased = "boxX";
  if (kDecimal.find(spec.type) != std::string_view::npos) return;
  if (spec.grouping == '_' && kBased.find(spec.type) != std::string_view::npos) return;
  throw EvaluationError(
      fmt::format("'{}' cannot stand with '{}' in the format of a '{}'", spec.grouping, spec.type, type_name(value)));
}

std::string format_real(const Spec& spec, double value) {
  RealFormat format{spec.type, spec.precision < 0 ? 6 : static_cast<int>(spec.precision), spec.alternate, false};
  if (spec.type == 'n') format.type = 'g';
  if (spec.type == '%') format.type = 'f';
  if (spec.type == '\0') {
    format.type = spec.precision < 0 ? 'r' : 'g';
    format.dot_zero = true;
  }
  if (spec.type == '%') value *= 100;
  const std::string digits = real_digits(std::fabs(value), format);
  const std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
  Number number{std::signbit(value) && !std::isnan(value), "", digits.substr(0, whole), digits.substr(whole)};
  if (spec.positive_zero && digits.find_first_of("123456789infa") == std::string::npos) number.negative = false;
  if (spec.type == '%') number.rest += '%';
  return lay_out(spec, number);
}

std::string format_character(const Spec& spec, std::int64_t value) {
  if (spec.sign || spec.alternate) throw EvaluationError("neither sign nor '#' can stand with 'c'");
  if (value < 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
    throw EvaluationError(fmt::format("{} is no character", value));
  std::string text;
  core::append_utf8(text, static_cast<char32_t>(value));
  return lay_out(spec, Number{false, "", "", text});
}

std::string format_integer(const Spec& spec, const Value& value) {
  constexpr std::string_view kReal = "eEfFgG%";
  const std::int64_t whole = value.integer();
  if (spec.type != '\0' && kReal.find(spec.type) != std::string_view::npos)
    return format_real(spec, static_cast<double>(whole));
  if (spec.precision >= 0) throw EvaluationError("a precision cannot stand in the format of an int");
  if (spec.positive_zero) throw EvaluationError("'z' cannot stand in the format of an int");
  if (spec.type == 'c') return format_character(spec, whole);
  const std::uint64_t size = whole < 0 ? 0 - static_cast<std::uint64_t>(whole) : static_cast<std::uint64_t>(whole);
  Number number{whole < 0, "", "", ""};
  switch (spec.type) {
    case '\0':
    case 'd':
    case 'n':
      number.digits = fmt::format("{}", size);
      return lay_out(spec, number);
    case 'b':
      number.digits = fmt::format("{:b}", size);
      break;
    case 'o':
      number.digits = fmt::format("{:o}", size);
      break;
    case 'x':
      number.digits = fmt::format("{:x}", size);
      break;
    case 'X':
      number.digits = fmt::format("{:X}", size);
      break;
    default:
      raise_type(spec.type, value);
  }
  if (spec.alternate) number.prefix = std::string("0") + spec.type;
  return lay_out(spec, number);
}

std::string format_float(const Spec& spec, const Value& value) {
  constexpr std::string_view kTypes("\0eEfFgGn%", 9);
  if (kTypes.find(spec.type) == std::string_view::npos) raise_type(spec.type, value);
  return format_real(spec, value.number());
}

std::string format_string(const Spec& spec, const Value& value) {
  if (spec.type != '\0' && spec.type != 's') raise_type(spec.type, value);
  if (spec.sign || spec.alternate || spec.positive_zero || spec.grouping || spec.align == '=')
    throw EvaluationError("neither sign, '#', 'z', ',', '_' nor '=' can stand in the format of a str");
  std::string_view text = value.string();
  if (spec.precision >= 0) text = substring(text, 0, spec.precision);
  return lay_out(spec, Number{false, "", "", std::string(text)});
}

}  // namespace

std::string format_value(const Value& value, std::string_view spec_text) {
  if (spec_text.empty()) {
    std::string out;
    append_text(out, value);
    return out;
  }
  if (!value.is_number() && !value.is_string())
    throw EvaluationError(fmt::format("a value of type '{}' takes no format '{}'", type_name(value), spec_text));
  const Spec spec = SpecParser(spec_text, value.is_string() ? '<' : '>').run();
  if (value.is_string()) return format_string(spec, value);
  check_grouping(spec, value);
  return value.is_integral() ? format_integer(spec, value) : format_float(spec, value);
}

}  // namespace jinja
