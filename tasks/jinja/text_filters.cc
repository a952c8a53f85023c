// Filters of text.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/filter_table.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/pretty_print.h"
#include "tasks/jinja/python_text.h"
#include "tasks/jinja/string_format.h"
#include "tasks/jinja/word_wrap.h"

namespace jinja {
namespace {

/// A filter of text alone: str(value) first, as jinja2's soft_str.
template <std::string (*Map)(std::string_view)>
Value mapped(Draws&, const Value& value, const Arguments& given) {
  given.check("a text filter", 0, 0);
  const Value text = to_text(value);
  return Value::text(Map(text.string()));
}

/// jinja2's title: a word begins behind blanks, "-", "(", "{", "[" and "<", unlike in str.title.
std::string title_words(std::string_view text) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start, first_end = start;
    next_code_point(text, first_end);
    const auto is_break = [](char32_t c) {
      return core::is_python_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    };
    std::size_t next = start;
    const bool breaks = is_break(next_code_point(text, next));
    for (end = next; end < text.size(); end = next)
      if (is_break(next_code_point(text, next)) != breaks) break;
    out += upper(text.substr(start, first_end - start));
    out += lower(text.substr(first_end, end - first_end));
    start = end;
  }
  return out;
}

Value filter_string(Draws&, const Value& value, const Arguments& given) {
  given.check("string", 0, 0);
  return to_text(value);
}

Value filter_trim(Draws&, const Value& value, const Arguments& given) {
  given.check("trim", 0, 1, {"chars"});
  const Value text = to_text(value);
  const Value* characters = given.find(0, "chars");
  return text.part(!characters || characters->is(Kind::kNone)
                       ? strip(text.string(), Side::kBoth)
                       : strip(text.string(), string_argument("trim", *characters), Side::kBoth));
}

Value filter_center(Draws&, const Value& value, const Arguments& given) {
  given.check("center", 0, 1, {"width"});
  const Value* width = given.find(0, "width");
  const Value text = to_text(value);
  return Value::text(pad(text.string(), width ? integer_argument("center", *width) : 80, " ", Side::kBoth));
}

Value filter_truncate(Draws&, const Value& value, const Arguments& given) {
  given.check("truncate", 0, 4, {"length", "killwords", "end", "leeway"});
  const Value *length_given = given.find(0, "length"), *end_given = given.find(2, "end"),
              *leeway_given = given.find(3, "leeway");
  const Value most = length_given ? *length_given : Value(255), end = end_given ? *end_given : Value::borrowed("...");
  const Value leeway = !leeway_given || leeway_given->is(Kind::kNone) ? Value(5) : *leeway_given;
  const std::int64_t end_length = length(end);
  if (!ordered(Order::kGreaterEqual, most, Value(end_length)) || !ordered(Order::kGreaterEqual, leeway, Value(0)))
    throw EvaluationError("truncate: the length is shorter than the end, or the leeway negative");
  const Value allowed = calculate(Arithmetic::kAdd, most, leeway);
  if (value.is_string() && ordered(Order::kLessEqual, Value(static_cast<std::int64_t>(value.string().size())), allowed))
    return value;  // as many bytes are at least as many characters
  if (ordered(Order::kLessEqual, Value(length(value)), allowed)) return value;
  if (!value.is_string()) throw EvaluationError(fmt::format("truncate: a '{}' is too long", type_name(value)));
  const std::string_view ending = string_argument("truncate", end);
  std::string_view head = substring(value.string(), 0, integer_argument("truncate", most) - end_length);
  const std::size_t blank = head.rfind(' ');
  if (!is_set(given.find(1, "killwords")) && blank != std::string_view::npos) head = head.substr(0, blank);
  return Value::text(std::string(head).append(ending));
}

Value filter_replace(Draws&, const Value& value, const Arguments& given) {
  given.check("replace", 2, 3, {"old", "new", "count"});
  const Value *from = given.find(0, "old"), *to = given.find(1, "new"), *count = given.find(2, "count");
  if (!from || !to) throw EvaluationError("replace takes 'old' and 'new'");
  const std::int64_t most = count && !count->is(Kind::kNone) ? integer_argument("replace", *count) : -1;
  const Value text = to_text(value);
  return Value::text(replace(text.string(), text_of(*from), text_of(*to), most));
}

Value filter_format(Draws&, const Value& value, const Arguments& given) {
  if (!given.positional.empty() && !given.named.empty())
    throw EvaluationError("format takes either unnamed or named arguments");
  const Value text = to_text(value);
  if (given.named.empty()) return Value::text(format_percent(text.string(), Value::tuple(given.positional)));
  auto dict = std::make_shared<Dict>();
  for (const auto& [name, named] : given.named) dict->set(Value::text(std::string(name)), named);
  return Value::text(format_percent(text.string(), Value(std::move(dict))));
}

Value filter_indent(Draws&, const Value& value, const Arguments& given) {
  given.check("indent", 0, 3, {"width", "first", "blank"});
  const Value* width = given.find(0, "width");
  const bool first = is_set(given.find(1, "first")), blank = is_set(given.find(2, "blank"));
  const std::string indent = !width               ? std::string(4, ' ')
                             : width->is_string() ? std::string(width->string())
                                                  : pad("", integer_argument("indent", *width), " ", Side::kLeft);
  const std::string text = std::string(string_argument("indent", value)) + "\n";  // jinja2's quirk
  std::string out = first ? indent : "";
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i > 0 && (blank || !lines[i].empty())) out += indent;
    out += lines[i];
  }
  return Value::text(std::move(out));
}

Value filter_wordwrap(Draws&, const Value& value, const Arguments& given) {
  given.check("wordwrap", 0, 4, {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
  const Value *width = given.find(0, "width"), *long_words = given.find(1, "break_long_words"),
              *joint_given = given.find(2, "wrapstring"), *hyphens = given.find(3, "break_on_hyphens");
  const std::string_view text = string_argument("wordwrap", value);
  const bool default_joint = !joint_given || joint_given->is(Kind::kNone);
  const std::string_view joint = default_joint ? "\n" : string_argument("wordwrap", *joint_given);
  WordWrap wrap;
  std::string out;
  for (bool first = true; const std::string_view line : split_lines(text)) {
    if (width) wrap.width = integer_argument("wordwrap", *width);
    wrap.break_long_words = !long_words || truth(*long_words);
    wrap.break_on_hyphens = !hyphens || truth(*hyphens);
    const std::vector<std::string> wrapped = wrap_words(line, wrap);
    if (!first) out += joint;
    for (std::size_t i = 0; i < wrapped.size(); ++i) (out += i ? joint : std::string_view()) += wrapped[i];
    first = false;
  }
  return Value::text(std::move(out));
}

Value filter_wordcount(Draws&, const Value& value, const Arguments& given) {
  given.check("wordcount", 0, 0);
  const Value text = to_text(value);
  std::int64_t words = 0;
  bool in_word = false;
  for (std::size_t byte = 0; byte < text.string().size();) {
    const bool was = in_word;
    in_word = is_word_character(next_code_point(text.string(), byte));
    words += in_word && !was;
  }
  return Value(words);
}

Value filter_pprint(Draws&, const Value& value, const Arguments& given) {
  given.check("pprint", 0, 0);
  return Value::text(pretty_print(value));
}

/// PromptSource's own.
Value filter_highlight(Draws&, const Value& value, const Arguments& given) {
  given.check("highlight", 0, 0);
  return Value::text(fmt::format("<span style='color: #F08080'>{}</span>", string_argument("highlight", value)));
}

constexpr auto kFilters = std::to_array<FilterEntry>({
    {"capitalize", mapped<capitalize>},
    {"center", filter_center},
    {"format", filter_format},
    {"highlight", filter_highlight},
    {"indent", filter_indent},
    {"lower", mapped<lower>},
    {"pprint", filter_pprint},
    {"replace", filter_replace},
    {"string", filter_string},
    {"title", mapped<title_words>},
    {"trim", filter_trim},
    {"truncate", filter_truncate},
    {"upper", mapped<upper>},
    {"wordcount", filter_wordcount},
    {"wordwrap", filter_wordwrap},
});

}  // namespace

std::span<const FilterEntry> text_filters() { return kFilters; }

}  // namespace jinja
