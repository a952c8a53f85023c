// Filters that write for HTML, URLs and JSON. What they give is a plain str: jinja2 marks it as safe, so that "+" and a
// second escape leave it alone there.
#include <fmt/format.h>

#include <array>

#include "tasks/jinja/error.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/json_text.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Value filter_escape(Draws&, const Value& value, const Arguments& given) {
  given.check("escape", 0, 0);
  return Value::text(escape(text_of(value)));
}

Value filter_safe(Draws&, const Value& value, const Arguments& given) {
  given.check("safe", 0, 0);
  return to_text(value);
}

Value filter_tojson(Draws&, const Value& value, const Arguments& given) {
  given.check("tojson", 0, 1, {"indent"});
  const Value* indent_given = given.find(0, "indent");
  std::optional<std::string> indent;
  if (indent_given && !indent_given->is(Kind::kNone) && !value.is_string())
    indent = indent_given->is_string() ? std::string(indent_given->string())
                                       : pad("", integer_argument("tojson", *indent_given), " ", Side::kLeft);
  std::string out;
  for (const char c : to_json_text(value, indent)) {
    if (c == '<' || c == '>' || c == '&' || c == '\'')
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return Value::text(std::move(out));
}

enum class Quote { kPath, kQuery };

/// urllib.parse.quote and quote_plus of UTF-8.
void append_quoted(std::string& out, std::string_view text, Quote quote) {
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '.' || c == '-' || c == '~' || (c == '/' && quote == Quote::kPath);
    if (plain)
      out += c;
    else if (c == ' ' && quote == Quote::kQuery)
      out += '+';
    else
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
}

bool is_iterable(const Value& value) {
  switch (value.kind()) {
    case Kind::kNone:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
    case Kind::kString:  // is quoted whole
    case Kind::kNamespace:
    case Kind::kMethod:
    case Kind::kFunction:
      return false;
    default:
      return true;
  }
}

Value filter_urlencode(Draws&, const Value& value, const Arguments& given) {
  given.check("urlencode", 0, 0);
  std::string out;
  if (!is_iterable(value)) {
    append_quoted(out, text_of(value), Quote::kPath);
    return Value::text(std::move(out));
  }
  const auto append_pair = [&](const Value& key, const Value& one) {
    if (!out.empty()) out += '&';
    append_quoted(out, text_of(key), Quote::kQuery);
    out += '=';
    append_quoted(out, text_of(one), Quote::kQuery);
  };
  if (value.is(Kind::kDict)) {
    for (const auto& [key, one] : value.dict().entries) append_pair(key, one);
    return Value::text(std::move(out));
  }
  for (const Value& entry : to_items(value)) {
    const auto parts = to_items(entry);
    if (parts.size() != 2) throw EvaluationError("urlencode takes a str, a dict or pairs");
    append_pair(parts[0], parts[1]);
  }
  return Value::text(std::move(out));
}

Value filter_xmlattr(Draws&, const Value& value, const Arguments& given) {
  given.check("xmlattr", 0, 1, {"autospace"});
  const Value* space = given.find(0, "autospace");
  if (!value.is(Kind::kDict)) throw EvaluationError(fmt::format("xmlattr: a '{}' is no dict", type_name(value)));
  std::string out;
  for (const auto& [key, one] : value.dict().entries) {
    if (one.is(Kind::kNone) || one.is_undefined()) continue;
    const std::string_view name = string_argument("xmlattr", key);
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string_view::npos)
      throw EvaluationError(fmt::format("xmlattr: '{}' is no name of an attribute", name));
    if (!out.empty()) out += ' ';
    out += fmt::format("{}=\"{}\"", escape(name), escape(text_of(one)));
  }
  if (!out.empty() && (!space || truth(*space))) out.insert(0, 1, ' ');
  return Value::text(std::move(out));
}

constexpr auto kFilters = std::to_array<FilterEntry>({
    {"e", filter_escape},
    {"escape", filter_escape},
    {"forceescape", filter_escape},
    {"safe", filter_safe},
    {"striptags", nullptr},
    {"tojson", filter_tojson},
    {"urlencode", filter_urlencode},
    {"urlize", nullptr},
    {"xmlattr", filter_xmlattr},
});

}  // namespace

std::span<const FilterEntry> markup_filters() { return kFilters; }

}  // namespace jinja
