// Methods of str. Positions count code points.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/character_class.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/field_format.h"
#include "tasks/jinja/method_table.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

Value list_of(const Value& whole, const std::vector<std::string_view>& parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const auto part : parts) items.push_back(whole.part(part));
  return Value::list(std::move(items));
}

template <std::string (*Map)(std::string_view)>
Value mapped(const Value& self, const Arguments& given) {
  given.check("a method of str", 0, 0);
  return Value::text(Map(self.string()));
}

template <bool (*Wanted)(std::string_view)>
Value is_text(const Value& self, const Arguments& given) {
  given.check("a method of str", 0, 0);
  return Value(Wanted(self.string()));
}

template <bool (*Wanted)(char32_t)>
Value is_all_of(const Value& self, const Arguments& given) {
  given.check("a method of str", 0, 0);
  return Value(is_all(self.string(), Wanted));
}

// Cutting.

enum class From { kLeft, kRight };

template <From from>
Value str_split(const Value& self, const Arguments& given) {
  given.check("split", 0, 2, {"sep", "maxsplit"});
  const Value *separator = given.find(0, "sep"), *limit = given.find(1, "maxsplit");
  const std::int64_t most = limit ? integer_argument("split", *limit) : -1;
  const std::string_view text = self.string();
  if (!separator || separator->is(Kind::kNone))
    return list_of(self, from == From::kLeft ? split_white_space(text, most) : split_white_space_right(text, most));
  const std::string_view sign = string_argument("split", *separator);
  if (sign.empty()) throw EvaluationError("split: empty separator");
  return list_of(self, from == From::kLeft ? split(text, sign, most) : split_right(text, sign, most));
}

Value str_splitlines(const Value& self, const Arguments& given) {
  given.check("splitlines", 0, 1, {"keepends"});
  const Value* kept = given.find(0, "keepends");
  const bool keep = kept && integer_argument("splitlines", *kept) != 0;
  return list_of(self, split_lines(self.string(), keep ? LineEnds::kKept : LineEnds::kDropped));
}

template <From from>
Value str_partition(const Value& self, const Arguments& given) {
  given.check("partition", 1, 1);
  const std::string_view text = self.string(), sign = string_argument("partition", given.positional.at(0));
  if (sign.empty()) throw EvaluationError("partition: empty separator");
  const std::size_t at = from == From::kLeft ? text.find(sign) : text.rfind(sign);
  const Value nothing = Value::borrowed("");
  if (at == std::string_view::npos)
    return Value::tuple(from == From::kLeft ? std::vector<Value>{self, nothing, nothing}
                                            : std::vector<Value>{nothing, nothing, self});
  return Value::tuple({self.part(text.substr(0, at)), self.part(text.substr(at, sign.size())),
                       self.part(text.substr(at + sign.size()))});
}

template <Side side>
Value str_strip(const Value& self, const Arguments& given) {
  given.check("strip", 0, 1);
  const Value* characters = given.find(0, "");
  if (!characters || characters->is(Kind::kNone)) return self.part(strip(self.string(), side));
  return self.part(strip(self.string(), string_argument("strip", *characters), side));
}

Value str_removeprefix(const Value& self, const Arguments& given) {
  given.check("removeprefix", 1, 1);
  std::string_view text = self.string(), prefix = string_argument("removeprefix", given.positional.at(0));
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return self.part(text);
}
Value str_removesuffix(const Value& self, const Arguments& given) {
  given.check("removesuffix", 1, 1);
  std::string_view text = self.string(), suffix = string_argument("removesuffix", given.positional.at(0));
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return self.part(text);
}

// Searching.

/// self[start:stop] of the arguments behind the first; nothing where it starts behind its end.
struct Window {
  std::string_view text;
  std::int64_t start = 0;
};

std::optional<Window> window(std::string_view callee, const Value& self, const Arguments& given) {
  const std::int64_t size = count_code_points(self.string());
  std::int64_t bounds[2] = {0, size};
  for (std::size_t i = 0; i < 2; ++i) {
    if (given.positional.size() <= i + 1 || given.positional[i + 1].is(Kind::kNone)) continue;
    bounds[i] = integer_argument(callee, given.positional[i + 1]);
    if (bounds[i] < 0) bounds[i] = std::max<std::int64_t>(0, bounds[i] + size);
  }
  bounds[1] = std::min(bounds[1], size);
  if (bounds[0] > bounds[1]) return std::nullopt;
  return Window{substring(self.string(), bounds[0], bounds[1]), bounds[0]};
}

template <From from>
Value str_find(const Value& self, const Arguments& given) {
  given.check("find", 1, 3);
  const std::string_view wanted = string_argument("find", given.positional.at(0));
  const auto part = window("find", self, given);
  if (!part) return Value(-1);
  const std::size_t byte = from == From::kLeft ? part->text.find(wanted) : part->text.rfind(wanted);
  if (byte == std::string_view::npos) return Value(-1);
  return Value(part->start + count_code_points(part->text.substr(0, byte)));
}

template <From from>
Value str_index(const Value& self, const Arguments& given) {
  Value place = str_find<from>(self, given);
  if (place.integer() < 0) throw EvaluationError("index: substring not found");
  return place;
}

Value str_count(const Value& self, const Arguments& given) {
  given.check("count", 1, 3);
  const std::string_view wanted = string_argument("count", given.positional.at(0));
  const auto part = window("count", self, given);
  if (!part) return Value(0);
  if (wanted.empty()) return Value(count_code_points(part->text) + 1);
  return Value(static_cast<std::int64_t>(split(part->text, wanted, -1).size()) - 1);
}

/// startswith and endswith take a str or a tuple of them.
template <bool (*Test)(std::string_view, std::string_view)>
Value has_affix(const Value& self, const Arguments& given) {
  given.check("startswith", 1, 3);
  const auto part = window("startswith", self, given);
  const Value& wanted = given.positional.at(0);
  const auto test = [&](const Value& one) {
    const std::string_view affix = string_argument("startswith", one);
    return part && Test(part->text, affix);
  };
  if (!wanted.is(Kind::kTuple)) return Value(test(wanted));
  return Value(std::any_of(wanted.items().begin(), wanted.items().end(), test));
}
bool starts_with(std::string_view text, std::string_view affix) { return text.starts_with(affix); }
bool ends_with(std::string_view text, std::string_view affix) { return text.ends_with(affix); }

// Putting together.

Value str_join(const Value& self, const Arguments& given) {
  given.check("join", 1, 1);
  std::string out;
  Iterator iterator(given.positional.at(0));
  for (bool first = true; auto part = iterator.next(); first = false) {
    if (!first) out += self.string();
    out += string_argument("join", *part);
  }
  return Value::text(std::move(out));
}

Value str_replace(const Value& self, const Arguments& given) {
  given.check("replace", 2, 3);
  const std::int64_t count = given.positional.size() > 2 ? integer_argument("replace", given.positional[2]) : -1;
  return Value::text(replace(self.string(), string_argument("replace", given.positional.at(0)),
                             string_argument("replace", given.positional.at(1)), count));
}

template <Side stands>
Value str_pad(const Value& self, const Arguments& given) {
  given.check("center, ljust or rjust", 1, 2);
  const std::int64_t width = integer_argument("center", given.positional.at(0));
  const std::string_view fill = given.positional.size() > 1 ? string_argument("center", given.positional[1]) : " ";
  if (count_code_points(fill) != 1) throw EvaluationError("the fill character must be exactly one character long");
  return Value::text(pad(self.string(), width, fill, stands));
}

Value str_zfill(const Value& self, const Arguments& given) {
  given.check("zfill", 1, 1);
  std::string_view text = self.string();
  std::string sign;
  std::int64_t width = integer_argument("zfill", given.positional.at(0));
  if (text.starts_with('+') || text.starts_with('-')) {
    sign = text.substr(0, 1);
    text.remove_prefix(1);
    --width;
  }
  return Value::text(sign + pad(text, width, "0", Side::kRight));
}

Value str_expandtabs(const Value& self, const Arguments& given) {
  given.check("expandtabs", 0, 1, {"tabsize"});
  const Value* size = given.find(0, "tabsize");
  return Value::text(expand_tabs(self.string(), size ? integer_argument("expandtabs", *size) : 8));
}

Value str_format(const Value& self, const Arguments& given) { return Value::text(format_fields(self.string(), given)); }
Value str_format_map(const Value& self, const Arguments& given) {
  given.check("format_map", 1, 1);
  return Value::text(format_fields_of(self.string(), given.positional.at(0)));
}

// Translating.

std::int64_t code_of(const Value& character) {
  const std::string_view text = string_argument("maketrans", character);
  if (count_code_points(text) != 1) throw EvaluationError("maketrans: a key is one character long");
  std::size_t byte = 0;
  return static_cast<std::int64_t>(next_code_point(text, byte));
}

Value str_maketrans(const Value&, const Arguments& given) {
  given.check("maketrans", 1, 3);
  auto table = std::make_shared<Dict>();
  if (given.positional.size() == 1) {
    if (!given.positional[0].is(Kind::kDict)) throw EvaluationError("maketrans: a single argument must be a dict");
    for (const auto& [key, value] : given.positional[0].dict().entries)
      table->set(key.is_integral() ? key : Value(code_of(key)), value);
    return Value(std::move(table));
  }
  const std::vector<Value> from = to_items(Value::borrowed(string_argument("maketrans", given.positional.at(0))));
  const std::vector<Value> to = to_items(Value::borrowed(string_argument("maketrans", given.positional.at(1))));
  if (from.size() != to.size()) throw EvaluationError("maketrans: the first two arguments must have equal lengths");
  for (std::size_t i = 0; i < from.size(); ++i) table->set(Value(code_of(from[i])), Value(code_of(to[i])));
  if (given.positional.size() > 2)
    for (const Value& gone : to_items(Value::borrowed(string_argument("maketrans", given.positional[2]))))
      table->set(Value(code_of(gone)), Value::none());
  return Value(std::move(table));
}

void append_translated(std::string& out, const Value& to) {
  if (to.is(Kind::kNone)) return;
  if (to.is_string()) return void(out += to.string());
  const std::int64_t code = integer_argument("translate", to);
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    throw EvaluationError(fmt::format("translate: {} is no character", code));
  core::append_utf8(out, static_cast<char32_t>(code));
}

Value str_translate(const Value& self, const Arguments& given) {
  given.check("translate", 1, 1);
  const Value& table = given.positional.at(0);
  if (!self.string().empty() && !table.is(Kind::kDict) && !table.is_list_or_tuple() && !table.is_string() &&
      !table.is(Kind::kRange))
    throw EvaluationError(fmt::format("translate: a '{}' is no table", type_name(table)));
  std::string out;
  for (std::size_t byte = 0; byte < self.string().size();) {
    const std::size_t start = byte;
    const Value to = item(table, Value(static_cast<std::int64_t>(next_code_point(self.string(), byte))));
    if (to.is_undefined())
      out += self.string().substr(start, byte - start);
    else
      append_translated(out, to);
  }
  return Value::text(std::move(out));
}

constexpr auto kMethods = std::to_array<MethodEntry>({
    {"split", str_split<From::kLeft>},
    {"strip", str_strip<Side::kBoth>},
    {"lower", mapped<lower>},
    {"replace", str_replace},
    {"join", str_join},
    {"capitalize", mapped<capitalize>},
    {"casefold", mapped<casefold>},
    {"center", str_pad<Side::kBoth>},
    {"count", str_count},
    {"encode", nullptr},
    {"endswith", has_affix<ends_with>},
    {"expandtabs", str_expandtabs},
    {"find", str_find<From::kLeft>},
    {"format", str_format},
    {"format_map", str_format_map},
    {"index", str_index<From::kLeft>},
    {"isalnum", is_all_of<is_alnum>},
    {"isalpha", is_all_of<is_alpha>},
    {"isascii", is_text<is_ascii>},
    {"isdecimal", is_all_of<is_decimal>},
    {"isdigit", is_all_of<is_digit>},
    {"isidentifier", is_text<is_identifier>},
    {"islower", is_text<is_lower_text>},
    {"isnumeric", is_all_of<is_numeric>},
    {"isprintable", is_text<is_printable_text>},
    {"isspace", is_all_of<core::is_python_space>},
    {"istitle", is_text<is_title_text>},
    {"isupper", is_text<is_upper_text>},
    {"ljust", str_pad<Side::kLeft>},
    {"lstrip", str_strip<Side::kLeft>},
    {"maketrans", str_maketrans},
    {"partition", str_partition<From::kLeft>},
    {"removeprefix", str_removeprefix},
    {"removesuffix", str_removesuffix},
    {"rfind", str_find<From::kRight>},
    {"rindex", str_index<From::kRight>},
    {"rjust", str_pad<Side::kRight>},
    {"rpartition", str_partition<From::kRight>},
    {"rsplit", str_split<From::kRight>},
    {"rstrip", str_strip<Side::kRight>},
    {"splitlines", str_splitlines},
    {"startswith", has_affix<starts_with>},
    {"swapcase", mapped<swap_case>},
    {"title", mapped<title>},
    {"translate", str_translate},
    {"upper", mapped<upper>},
    {"zfill", str_zfill},
});

}  // namespace

std::span<const MethodEntry> str_methods() { return kMethods; }

}  // namespace jinja
