#include "tasks/jinja/python_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/text.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"

namespace jinja {
namespace {

void append_escape(std::string& out, char32_t c) {
  if (c == '\n')
    out += "\\n";
  else if (c == '\r')
    out += "\\r";
  else if (c == '\t')
    out += "\\t";
  else if (c < 0x100)
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  else if (c < 0x10000)
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  else
    out += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
}

std::size_t previous_start(std::string_view text, std::size_t end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

bool is_line_end(char32_t c) {
  return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

void check_width(std::int64_t width) {
  constexpr std::int64_t kMaximumWidth = std::int64_t{1} << 28;
  if (width > kMaximumWidth) throw EvaluationError(fmt::format("a width of {} is too large", width));
}

template <class InSet>
std::string_view strip_if(std::string_view text, Side side, InSet in_set) {
  if (side != Side::kRight) {
    std::size_t byte = 0, next = 0;
    while (byte < text.size() && in_set(next_code_point(text, next))) byte = next;
    text.remove_prefix(byte);
  }
  if (side != Side::kLeft) {
    while (!text.empty()) {
      const std::size_t start = previous_start(text, text.size());
      std::size_t byte = start;
      if (!in_set(next_code_point(text, byte))) break;
      text = text.substr(0, start);
    }
  }
  return text;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; });
}

std::int64_t count_code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::size_t byte_of(std::string_view text, std::int64_t index) {
  if (index <= 0) return 0;
  std::int64_t seen = 0;
  for (std::size_t byte = 0; byte < text.size(); ++byte)
    if ((static_cast<unsigned char>(text[byte]) & 0xC0) != 0x80 && seen++ == index) return byte;
  return text.size();
}

char32_t next_code_point(std::string_view text, std::size_t& byte) {
  const auto at = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(i < text.size() ? text[i] : 0));
  };
  const char32_t lead = at(byte);
  const int size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (int i = 1; i < size; ++i) c = c << 6 | (at(byte + static_cast<std::size_t>(i)) & 0x3F);
  byte = std::min(text.size(), byte + static_cast<std::size_t>(size));
  return c;
}

std::string_view substring(std::string_view text, std::int64_t start, std::int64_t stop) {
  const std::size_t first = byte_of(text, start);
  const std::string_view rest = text.substr(first);
  return rest.substr(0, byte_of(rest, stop - start));
}

void append_repr(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos,
             has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (std::size_t byte = 0; byte < text.size();) {
    const std::size_t start = byte;
    const char32_t c = next_code_point(text, byte);
    if (c == static_cast<char32_t>(quote) || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (is_printable(c))
      out += text.substr(start, byte - start);
    else
      append_escape(out, c);
  }
  out += quote;
}

std::string escape_non_ascii(std::string_view repr) {
  std::string out;
  for (std::size_t byte = 0; byte < repr.size();) {
    const char32_t c = next_code_point(repr, byte);
    if (c < 0x80)
      out += static_cast<char>(c);
    else
      append_escape(out, c);
  }
  return out;
}

std::string_view strip(std::string_view text, Side side) {
  return strip_if(text, side, [](char32_t c) { return core::is_python_space(c); });
}

std::string_view strip(std::string_view text, std::string_view characters, Side side) {
  const std::u32string set = core::to_code_points(characters);
  return strip_if(text, side, [&](char32_t c) { return set.find(c) != std::u32string::npos; });
}

std::vector<std::string_view> split_white_space(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, Side::kLeft);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(rest);
      break;
    }
    std::size_t end = 0, next = 0;
    while (end < rest.size() && !core::is_python_space(next_code_point(rest, next))) end = next;
    parts.push_back(rest.substr(0, end));
    rest = strip(rest.substr(end), Side::kLeft);
  }
  return parts;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t found = text.find(separator, start);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(start, found - start));
    start = found + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::vector<std::string_view> split_white_space_right(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, Side::kRight);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(rest);
      break;
    }
    std::size_t start = rest.size();
    while (start > 0) {
      std::size_t before = previous_start(rest, start), byte = before;
      if (core::is_python_space(next_code_point(rest, byte))) break;
      start = before;
    }
    parts.push_back(rest.substr(start));
    rest = strip(rest.substr(0, start), Side::kRight);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_right(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::vector<std::string_view> parts;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t found = text.rfind(separator);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(found + separator.size()));
    text = text.substr(0, found);
  }
  parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, LineEnds ends) {
  std::vector<std::string_view> lines;
  for (std::size_t byte = 0, start = 0; byte < text.size();) {
    const std::size_t end = byte;
    const char32_t c = next_code_point(text, byte);
    if (c == '\r' && byte < text.size() && text[byte] == '\n') ++byte;
    const bool ends_line = is_line_end(c);
    if (ends_line || byte == text.size()) {
      const std::size_t kept = ends_line && ends == LineEnds::kDropped ? end : byte;
      lines.push_back(text.substr(start, kept - start));
      start = byte;
    }
  }
  return lines;
}

std::string expand_tabs(std::string_view text, std::int64_t tab_size) {
  std::string out;
  std::int64_t column = 0;
  for (std::size_t byte = 0; byte < text.size();) {
    const std::size_t start = byte;
    const char32_t c = next_code_point(text, byte);
    if (c == '\t') {
      const std::int64_t blanks = tab_size > 0 ? tab_size - column % tab_size : 0;
      check_width(blanks);
      out.append(static_cast<std::size_t>(blanks), ' ');
      column += blanks;
      continue;
    }
    column = c == '\n' || c == '\r' ? 0 : column + 1;
    out += text.substr(start, byte - start);
  }
  return out;
}

std::string pad(std::string_view text, std::int64_t width, std::string_view fill, Side stands) {
  const std::int64_t missing = width - count_code_points(text);
  if (missing <= 0) return std::string(text);
  check_width(missing);
  std::int64_t left = 0;
  if (stands == Side::kRight) left = missing;
  if (stands == Side::kBoth) left = missing / 2 + (missing & width & 1);
  std::string out;
  for (std::int64_t i = 0; i < left; ++i) out += fill;
  out += text;
  for (std::int64_t i = left; i < missing; ++i) out += fill;
  return out;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  std::string out;
  if (!from.empty()) {
    const auto parts = split(text, from, count);
    for (std::size_t i = 0; i < parts.size(); ++i) (out += i ? to : std::string_view()) += parts[i];
    return out;
  }
  std::int64_t done = 0;
  for (std::size_t byte = 0; byte <= text.size();) {
    if (count < 0 || done++ < count) out += to;
    if (byte == text.size()) break;
    const std::size_t start = byte;
    next_code_point(text, byte);
    out += text.substr(start, byte - start);
  }
  return out;
}

}  // namespace jinja
