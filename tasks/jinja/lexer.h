// Template source to tokens (jinja2/lexer.py): text, and what stands inside {{ }} and {% %}. White-space control ("-"
// beside a delimiter), comments and raw blocks end here; the parser sees none of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jinja {

enum class TokenKind {
  kText,
  kOutputBegin,
  kOutputEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;        // text, name, decoded string, number as written, operator
  std::size_t offset = 0;  // byte in the source
  bool is(TokenKind other, std::string_view wanted) const { return kind == other && text == wanted; }
};

/// Newlines as "\n", without one at the very end (keep_trailing_newline is off).
std::string normalize_source(std::string_view source);

/// Tokens of a normalised source; the last is kEnd. Throws PlacedError.
std::vector<Token> tokenize(std::string_view source);

}  // namespace jinja
