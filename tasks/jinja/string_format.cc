#include "tasks/jinja/string_format.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/text.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/number_format.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

struct Conversion {
  bool left = false, sign = false, blank = false, zero = false, alternate = false;
  std::int64_t width = 0, precision = -1;
  char type = 's';
};

/// Reads `text` once, left to right, and takes the values in turn.
class Formatter {
 public:
  Formatter(std::string_view text, const Value& values) : text_(text), values_(values) {}

  std::string run() {
    while (at_ < text_.size()) {
      const std::size_t percent = text_.find('%', at_);
      out_ += text_.substr(at_, percent - at_);
      if (percent == std::string_view::npos) break;
      at_ = percent + 1;
      convert();
    }
    const bool leftover = values_.is(Kind::kTuple) ? used_ < values_.items().size() : used_ == 0 && !may_stay_unused();
    if (leftover) throw EvaluationError("not all arguments converted during string formatting");
    return std::move(out_);
  }

 private:
  /// What Python takes for a mapping: whatever has items by key, but str and tuple.
  bool may_stay_unused() const {
    return values_.is(Kind::kDict) || values_.is(Kind::kList) || values_.is(Kind::kRange) || values_.is_undefined();
  }

  char peek() const {
    if (at_ >= text_.size()) throw EvaluationError("incomplete format");
    return text_[at_];
  }

  Value next_value() {
    if (!values_.is(Kind::kTuple)) {
      if (used_++ == 0) return values_;
    } else if (used_ < values_.items().size()) {
      return values_.items()[used_++];
    }
    throw EvaluationError("not enough arguments for format string");
  }

  Value keyed_value() {
    const std::size_t close = text_.find(')', at_);
    if (close == std::string_view::npos) throw EvaluationError("incomplete format key");
    if (values_.is_undefined()) raise_undefined(values_);
    if (!values_.is(Kind::kDict)) throw EvaluationError("format requires a mapping");
    const std::string_view key = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    const Value* found = values_.dict().find(key);
    if (!found) throw EvaluationError(fmt::format("the format's key '{}' is missing", key));
    ++used_;
    return *found;
  }

  std::int64_t number(bool& from_value) {
    from_value = peek() == '*';
    if (from_value) {
      ++at_;
      const Value value = next_value();
      if (!value.is_integral()) throw EvaluationError("* wants int");
      if (value.integer() > 1'000'000 || value.integer() < -1'000'000)
        throw EvaluationError("the width of a format is too large");
      return value.integer();
    }
    std::int64_t n = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && n < 1'000'000)
      n = n * 10 + (text_[at_++] - '0');
    if (n >= 1'000'000) throw EvaluationError("the width of a format is too large");
    return n;
  }

  void read_flags(Conversion& conversion) {
    for (;; ++at_) {
      switch (peek()) {
        case '-':
          conversion.left = true;
          break;
        case '+':
          conversion.sign = true;
          break;
        case ' ':
          conversion.blank = true;
          break;
        case '0':
          conversion.zero = true;
          break;
        case '#':
          conversion.alternate = true;
          break;
        default:
          return;
      }
    }
  }

  void convert() {
    Conversion conversion;
    std::optional<Value> value;
    if (peek() == '(') value = keyed_value();
    read_flags(conversion);
    bool starred = false;
    conversion.width = number(starred);
    if (conversion.width < 0) {
      conversion.left = true;
      conversion.width = -conversion.width;
    }
    if (peek() == '.') {
      ++at_;
      conversion.precision = std::max<std::int64_t>(0, number(starred));
    }
    while (peek() == 'l' || peek() == 'h' || peek() == 'L') ++at_;
    conversion.type = text_[at_++];
    if (conversion.type == '%') return void(out_ += '%');
    append(conversion, value ? *value : next_value());
  }

  void append(const Conversion& conversion, const Value& value) {
    switch (conversion.type) {
      case 's':
      case 'r':
      case 'a':
        return append_string(conversion, value);
      case 'c':
        return append_character(conversion, value);
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return append_integer(conversion, value);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return append_real(conversion, value);
      default:
        throw EvaluationError(fmt::format("unsupported format character '{}'", conversion.type));
    }
  }

  void append_string(const Conversion& conversion, const Value& value) {
    std::string text;
    if (conversion.type == 's')
      append_text(text, value);
    else
      append_repr(text, value);
    if (conversion.type == 'a') text = escape_non_ascii(text);
    if (conversion.precision >= 0) text = substring(text, 0, conversion.precision);
    pad(conversion, "", text);
  }

  void append_character(const Conversion& conversion, const Value& value) {
    if (value.is_integral()) {
      const std::int64_t code = value.integer();
      if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        throw EvaluationError(fmt::format("%c: {} is no character", code));
      std::string text;
      core::append_utf8(text, static_cast<char32_t>(code));
      return pad(conversion, "", text);
    }
    if (!value.is_string() || count_code_points(value.string()) != 1) throw EvaluationError("%c requires a character");
    pad(conversion, "", std::string(value.string()));
  }

  static std::string sign_of(const Conversion& conversion, bool negative) {
    return negative ? "-" : conversion.sign ? "+" : conversion.blank ? " " : "";
  }

  void append_integer(const Conversion& conversion, const Value& value) {
    const bool decimal = conversion.type == 'd' || conversion.type == 'i' || conversion.type == 'u';
    if (!(value.is_integral() || (decimal && value.is(Kind::kFloat))))
      throw EvaluationError(fmt::format("%{} format: a number is required, not {}", conversion.type, type_name(value)));
    if (value.is(Kind::kFloat) && !(std::fabs(value.number()) < 0x1p63))
      throw EvaluationError("cannot convert the float to a 64-bit integer");
    const std::int64_t whole = value.is(Kind::kFloat) ? static_cast<std::int64_t>(value.number()) : value.integer();
    const std::uint64_t size = whole < 0 ? 0 - static_cast<std::uint64_t>(whole) : static_cast<std::uint64_t>(whole);
    std::string digits = conversion.type == 'x'   ? fmt::format("{:x}", size)
                         : conversion.type == 'X' ? fmt::format("{:X}", size)
                         : conversion.type == 'o' ? fmt::format("{:o}", size)
                                                  : fmt::format("{}", size);
    if (static_cast<std::int64_t>(digits.size()) < conversion.precision)
      digits.insert(0, static_cast<std::size_t>(conversion.precision) - digits.size(), '0');
    std::string prefix = sign_of(conversion, whole < 0);
    if (conversion.alternate && !decimal) prefix += std::string("0") + conversion.type;
    pad(conversion, prefix, digits);
  }

  void append_real(const Conversion& conversion, const Value& value) {
    if (!value.is_number()) throw EvaluationError(fmt::format("must be real number, not {}", type_name(value)));
    const double real = value.number();
    const int precision = conversion.precision < 0 ? 6 : static_cast<int>(conversion.precision);
    const std::string digits =
        real_digits(std::fabs(real), RealFormat{conversion.type, precision, conversion.alternate, false});
    pad(conversion, sign_of(conversion, std::signbit(real) && !std::isnan(real)), digits);
  }

  void pad(const Conversion& conversion, const std::string& prefix, const std::string& body) {
    const auto missing = conversion.width - static_cast<std::int64_t>(prefix.size()) - count_code_points(body);
    const std::string filling(static_cast<std::size_t>(std::max<std::int64_t>(0, missing)), ' ');
    const bool numeric =
        conversion.type != 's' && conversion.type != 'r' && conversion.type != 'c' && conversion.type != 'a';
    if (conversion.left)
      out_ += prefix + body + filling;
    else if (conversion.zero && numeric)
      out_ += prefix + std::string(filling.size(), '0') + body;
    else
      out_ += filling + prefix + body;
  }

  std::string_view text_;
  const Value& values_;
  std::string out_;
  std::size_t at_ = 0, used_ = 0;
};

}  // namespace

std::string format_percent(std::string_view text, const Value& values) { return Formatter(text, values).run(); }

}  // namespace jinja
