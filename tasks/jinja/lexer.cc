#include "tasks/jinja/lexer.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <array>

#include "harness/core/text.h"
#include "tasks/jinja/placed_error.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr std::string_view kOperators[] = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
                                           "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_start(char32_t c) {
  if (c < 0x80) return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_START);
}
bool is_name_part(char32_t c) {
  if (c < 0x80) return is_name_start(c) || (c >= '0' && c <= '9');
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_CONTINUE);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const std::size_t open = find_open();
      const bool strips = open != npos && open + 2 < source_.size() && source_[open + 2] == '-';
      const std::string_view text = source_.substr(at_, open - at_);
      add_text(strips ? strip(text, Side::kRight) : text);
      if (open == npos) break;
      at_ = open + 2;
      if (at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+')) ++at_;
      read_tag(source_[open + 1], open);
    }
    tokens_.push_back({TokenKind::kEnd, "", source_.size()});
    return std::move(tokens_);
  }

 private:
  static constexpr std::size_t npos = std::string_view::npos;

  [[noreturn]] void fail(std::size_t offset, std::string_view message) const {
    throw PlacedError{offset, std::string(message)};
  }

  std::size_t find_open() const {
    for (std::size_t i = source_.find('{', at_); i != npos; i = source_.find('{', i + 1))
      if (i + 1 < source_.size() && (source_[i + 1] == '{' || source_[i + 1] == '%' || source_[i + 1] == '#')) return i;
    return npos;
  }

  void add(TokenKind kind, std::string text, std::size_t offset) { tokens_.push_back({kind, std::move(text), offset}); }
  void add_text(std::string_view text) {
    if (!text.empty()) add(TokenKind::kText, std::string(text), at_);
  }

  void skip_white_space() { at_ = source_.size() - strip(source_.substr(at_), Side::kLeft).size(); }

  void read_tag(char sign, std::size_t open) {
    if (sign == '#') return read_comment(open);
    if (sign == '%' && read_raw(open)) return;
    add(sign == '{' ? TokenKind::kOutputBegin : TokenKind::kBlockBegin, "", open);
    brackets_.clear();
    while (!read_close(sign)) read_token(open);
  }

  void read_comment(std::size_t open) {
    const std::size_t close = source_.find("#}", at_);
    if (close == npos) fail(open, "missing end of comment tag");
    const bool strips = close > at_ && source_[close - 1] == '-';
    at_ = close + 2;
    if (strips) skip_white_space();
  }

  /// "{% raw %} … {% endraw %}": everything between is text.
  bool read_raw(std::size_t open) {
    const std::string_view head = strip(source_.substr(at_), Side::kLeft);
    if (!head.starts_with("raw")) return false;
    const std::string_view rest = strip(head.substr(3), Side::kLeft);
    const bool strips = rest.starts_with("-%}");
    if (!strips && !rest.starts_with("%}")) return false;
    at_ = source_.size() - rest.size() + (strips ? 3 : 2);
    if (strips) skip_white_space();
    for (std::size_t begin = source_.find("{%", at_); begin != npos; begin = source_.find("{%", begin + 2))
      if (end_raw(begin)) return true;
    fail(open, "missing end of raw directive");
  }

  bool end_raw(std::size_t begin) {
    std::string_view rest = source_.substr(begin + 2);
    const bool strips_left = rest.starts_with('-');
    if (strips_left || rest.starts_with('+')) rest.remove_prefix(1);
    rest = strip(rest, Side::kLeft);
    if (!rest.starts_with("endraw")) return false;
    rest = strip(rest.substr(6), Side::kLeft);
    const bool strips_right = rest.starts_with("-%}");
    if (rest.starts_with("-%}") || rest.starts_with("+%}")) rest.remove_prefix(1);
    if (!rest.starts_with("%}")) return false;
    const std::string_view text = source_.substr(at_, begin - at_);
    add_text(strips_left ? strip(text, Side::kRight) : text);
    at_ = source_.size() - rest.size() + 2;
    if (strips_right) skip_white_space();
    return true;
  }

  /// Takes the closing delimiter where one stands and no bracket is open.
  bool read_close(char sign) {
    skip_white_space();
    if (!brackets_.empty()) return false;
    const std::string_view close = sign == '{' ? "}}" : "%}";
    const std::string_view rest = source_.substr(at_);
    const bool strips = rest.starts_with('-') && rest.substr(1).starts_with(close);
    const bool keeps = sign == '%' && rest.starts_with('+') && rest.substr(1).starts_with(close);
    if (!strips && !keeps && !rest.starts_with(close)) return false;
    add(sign == '{' ? TokenKind::kOutputEnd : TokenKind::kBlockEnd, "", at_);
    at_ += strips || keeps ? 3 : 2;
    if (strips) skip_white_space();
    return true;
  }

  void read_token(std::size_t open) {
    if (at_ >= source_.size())
      fail(open, brackets_.empty() ? "the tag is not closed"
                                   : fmt::format("the tag is not closed: '{}' is missing", brackets_.back()));
    const char c = source_[at_];
    if (is_digit(c)) return read_number();
    std::size_t next = at_;
    if (is_name_start(next_code_point(source_, next))) return read_name();
    if (c == '"' || c == '\'') return read_string();
    read_operator();
  }

  std::size_t digits_end(std::size_t from) const {
    std::size_t end = from;
    while (end < source_.size() && (is_digit(source_[end]) || (source_[end] == '_' && end > from &&
                                                               end + 1 < source_.size() && is_digit(source_[end + 1]))))
      ++end;
    return end;
  }

  void read_number() {
    const std::size_t start = at_;
    if (source_[start] == '0' && start + 1 < source_.size() &&
        std::string_view("xXoObB").find(source_[start + 1]) != npos)
      return read_based_number();
    std::size_t end = digits_end(start);
    const bool after_dot = start > 0 && source_[start - 1] == '.';
    bool real = false;
    if (!after_dot) {
      if (end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
        end = digits_end(end + 1);
        real = true;
      }
      const std::size_t exponent = exponent_end(end);
      real = real || exponent != end;
      end = exponent;
    }
    if (!real && source_[start] == '0') {  // "012" is not an integer: 0, then 12
      end = start + 1;
      while (end < source_.size() && source_[end] == '0') ++end;
    }
    at_ = end;
    std::string digits(source_.substr(start, end - start));
    std::erase(digits, '_');
    add(real ? TokenKind::kFloat : TokenKind::kInteger, std::move(digits), start);
  }

  std::size_t exponent_end(std::size_t from) const {
    if (from >= source_.size() || (source_[from] != 'e' && source_[from] != 'E')) return from;
    std::size_t at = from + 1;
    if (at < source_.size() && (source_[at] == '+' || source_[at] == '-')) ++at;
    const std::size_t end = digits_end(at);
    return end == at ? from : end;
  }

  void read_based_number() {
    const std::size_t start = at_;
    at_ += 2;
    while (at_ < source_.size() && (std::isxdigit(static_cast<unsigned char>(source_[at_])) || source_[at_] == '_'))
      ++at_;
    std::string digits(source_.substr(start, at_ - start));
    std::erase(digits, '_');
    add(TokenKind::kInteger, std::move(digits), start);
  }

  void read_name() {
    const std::size_t start = at_;
    for (std::size_t next = at_; at_ < source_.size() && is_name_part(next_code_point(source_, next));) at_ = next;
    add(TokenKind::kName, std::string(source_.substr(start, at_ - start)), start);
  }

  void read_string() {
    const std::size_t start = at_;
    const char quote = source_[at_++];
    while (at_ < source_.size() && source_[at_] != quote) at_ += source_[at_] == '\\' ? 2 : 1;
    if (at_ >= source_.size()) fail(start, "the string is not closed");
    add(TokenKind::kString, decode(start + 1, at_), start);
    ++at_;
  }

  /// Python's unicode-escape; what is not an escape stays as written.
  std::string decode(std::size_t from, std::size_t to) const {
    std::string out;
    for (std::size_t i = from; i < to;) {
      if (source_[i] != '\\') {
        out += source_[i++];
        continue;
      }
      i = decode_escape(i + 1, to, out);
    }
    return out;
  }

  std::size_t decode_escape(std::size_t i, std::size_t to, std::string& out) const {
    constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
    const char c = source_[i];
    if (const std::size_t known = kLetters.find(c); known != npos) return out += kMeanings[known], i + 1;
    if (c == '\n') return i + 1;
    if (c == 'x') return decode_code(i, 2, to, out);
    if (c == 'u') return decode_code(i, 4, to, out);
    if (c == 'U') return decode_code(i, 8, to, out);
    if (c >= '0' && c <= '7') return decode_octal(i, to, out);
    if (c == 'N') fail(i - 1, "\\N{…} is not supported");
    return out += '\\', i;
  }

  std::size_t decode_code(std::size_t i, std::size_t size, std::size_t to, std::string& out) const {
    char32_t c = 0;
    for (std::size_t digit = i + 1; digit <= i + size; ++digit) {
      if (digit >= to || !std::isxdigit(static_cast<unsigned char>(source_[digit])))
        fail(i - 1, fmt::format("the escape \\{} takes {} hex digits", source_[i], size));
      const char d = source_[digit];
      c = c * 16 + static_cast<char32_t>(is_digit(d) ? d - '0' : (d | 32) - 'a' + 10);
    }
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) fail(i - 1, "the escape is not a character");
    core::append_utf8(out, c);
    return i + 1 + size;
  }

  std::size_t decode_octal(std::size_t i, std::size_t to, std::string& out) const {
    char32_t c = 0;
    std::size_t end = i;
    while (end < to && end < i + 3 && source_[end] >= '0' && source_[end] <= '7')
      c = c * 8 + static_cast<char32_t>(source_[end++] - '0');
    core::append_utf8(out, c);
    return end;
  }

  void read_operator() {
    for (const std::string_view sign : kOperators) {
      if (!source_.substr(at_).starts_with(sign)) continue;
      balance(sign[0]);
      add(TokenKind::kOperator, std::string(sign), at_);
      at_ += sign.size();
      return;
    }
    std::size_t next = at_;
    next_code_point(source_, next);
    fail(at_, fmt::format("unexpected character '{}'", source_.substr(at_, next - at_)));
  }

  void balance(char sign) {
    if (sign == '(')
      brackets_ += ')';
    else if (sign == '[')
      brackets_ += ']';
    else if (sign == '{')
      brackets_ += '}';
    else if (sign == ')' || sign == ']' || sign == '}') {
      if (brackets_.empty()) fail(at_, fmt::format("unexpected '{}'", sign));
      if (brackets_.back() != sign) fail(at_, fmt::format("unexpected '{}', expected '{}'", sign, brackets_.back()));
      brackets_.pop_back();
    }
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::string brackets_;  // the closing ones that are due
  std::size_t at_ = 0;
};

}  // namespace

std::string normalize_source(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    out += source[i] == '\r' ? '\n' : source[i];
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace jinja
