#include "tasks/jinja/pretty_print.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/text.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

constexpr std::int64_t kWidth = 80;
constexpr int kMaximumDepth = 200;

using Entry = std::pair<Value, Value>;

/// Keys that have no order stand by the names of their types.
bool key_less(const Entry& a, const Entry& b) {
  try {
    return ordered(Order::kLess, a.first, b.first);
  } catch (const EvaluationError&) {
    return type_name(a.first) < type_name(b.first);
  }
}

std::vector<Entry> sorted_entries(const Value& dict) {
  std::vector<Entry> entries = dict.dict().entries;
  std::stable_sort(entries.begin(), entries.end(), key_less);
  return entries;
}

void append_flat(std::string& out, const Value& value, int depth) {
  if (depth > kMaximumDepth) throw EvaluationError(fmt::format("a value is nested deeper than {}", kMaximumDepth));
  if (value.is(Kind::kDict)) {
    out += '{';
    for (bool first = true; const auto& [key, one] : sorted_entries(value)) {
      if (!std::exchange(first, false)) out += ", ";
      append_flat(out, key, depth + 1);
      out += ": ";
      append_flat(out, one, depth + 1);
    }
    out += '}';
  } else if (value.is_list_or_tuple()) {
    out += value.is(Kind::kList) ? '[' : '(';
    for (bool first = true; const Value& one : value.items()) {
      if (!std::exchange(first, false)) out += ", ";
      append_flat(out, one, depth + 1);
    }
    out += value.is(Kind::kList) ? "]" : value.items().size() == 1 ? ",)" : ")";
  } else {
    append_repr(out, value);
  }
}

std::string flat(const Value& value) {
  std::string out;
  append_flat(out, value, 0);
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_repr(out, text);
  return out;
}

/// Words with the blanks behind them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0, byte = 0; start < line.size(); start = byte) {
    bool blank = false;
    for (std::size_t next = byte; byte < line.size(); byte = next) {
      const bool is_blank = core::is_python_space(next_code_point(line, next));
      if (blank && !is_blank) break;
      blank = is_blank;
    }
    words.push_back(line.substr(start, byte - start));
  }
  return words;
}

/// Where a value begins, how many columns are needed behind its end, and how deep it is.
struct Place {
  std::int64_t indent = 0, allowance = 0;
  int level = 0;
};

class Printer {
 public:
  std::string run(const Value& value) {
    print(value, {});
    return std::move(out_);
  }

 private:
  void print(const Value& value, Place place) {
    const std::string line = flat(value);
    const bool fits = count_code_points(line) <= kWidth - place.indent - place.allowance;
    ++place.level;
    if (fits)
      out_ += line;
    else if (value.is(Kind::kDict))
      print_dict(value, place);
    else if (value.is_list_or_tuple())
      print_items(value, place);
    else if (value.is_string() && !value.string().empty())
      print_string(value.string(), place);
    else
      out_ += line;
  }

  void new_line(std::int64_t indent) { (out_ += '\n').append(static_cast<std::size_t>(indent), ' '); }

  void print_dict(const Value& value, const Place& place) {
    const std::vector<Entry> entries = sorted_entries(value);
    out_ += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) {
        out_ += ',';
        new_line(place.indent + 1);
      }
      const std::string key = flat(entries[i].first);
      (out_ += key) += ": ";
      print(entries[i].second, {place.indent + 1 + count_code_points(key) + 2,
                                i + 1 == entries.size() ? place.allowance + 1 : 1, place.level});
    }
    out_ += '}';
  }

  void print_items(const Value& value, const Place& place) {
    const auto& items = value.items();
    const std::string_view end = value.is(Kind::kList) ? "]" : items.size() == 1 ? ",)" : ")";
    out_ += value.is(Kind::kList) ? '[' : '(';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) {
        out_ += ',';
        new_line(place.indent + 1);
      }
      const auto behind = place.allowance + static_cast<std::int64_t>(end.size());
      print(items[i], {place.indent + 1, i + 1 == items.size() ? behind : 1, place.level});
    }
    out_ += end;
  }

  void print_string(std::string_view text, Place place) {
    const bool outermost = place.level == 1;
    if (outermost) {
      ++place.indent;
      ++place.allowance;
    }
    const std::vector<std::string> pieces = pieces_of(text, place);
    if (outermost && pieces.size() > 1) out_ += '(';
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) new_line(place.indent);
      out_ += pieces[i];
    }
    if (outermost && pieces.size() > 1) out_ += ')';
  }

  static std::vector<std::string> pieces_of(std::string_view text, const Place& place) {
    const auto lines = split_lines(text, LineEnds::kKept);
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::int64_t last = i + 1 == lines.size() ? place.allowance : 0;
      std::string whole = quoted(lines[i]);
      if (count_code_points(whole) <= kWidth - place.indent - last)
        pieces.push_back(std::move(whole));
      else
        append_pieces(pieces, lines[i], kWidth - place.indent, last);
    }
    return pieces;
  }

  static void append_pieces(std::vector<std::string>& pieces, std::string_view line, std::int64_t width,
                            std::int64_t last) {
    const auto words = words_of(line);
    std::string current;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string candidate = current + std::string(words[i]);
      if (count_code_points(quoted(candidate)) <= width - (i + 1 == words.size() ? last : 0)) {
        current = candidate;
        continue;
      }
      if (!current.empty()) pieces.push_back(quoted(current));
      current = words[i];
    }
    if (!current.empty()) pieces.push_back(quoted(current));
  }

  std::string out_;
};

}  // namespace

std::string pretty_print(const Value& value) { return Printer().run(value); }

}  // namespace jinja
