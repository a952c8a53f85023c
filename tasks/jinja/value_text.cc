// str() and repr() of values.
#include <fmt/format.h>

#include "tasks/jinja/call.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/number_text.h"
#include "tasks/jinja/operand_errors.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {
namespace {

void append_repr(std::string& out, const Value& value, int depth);

void append_items(std::string& out, const std::vector<Value>& items, int depth) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i) out += ", ";
    append_repr(out, items[i], depth + 1);
  }
}

void append_entries(std::string& out, const Dict& dict, int depth) {
  out += '{';
  for (std::size_t i = 0; i < dict.entries.size(); ++i) {
    if (i) out += ", ";
    append_repr(out, dict.entries[i].first, depth + 1);
    out += ": ";
    append_repr(out, dict.entries[i].second, depth + 1);
  }
  out += '}';
}

void append_range(std::string& out, const Range& range) {
  out += fmt::format("range({}, {}", range.start, range.stop);
  out += range.step == 1 ? ")" : fmt::format(", {})", range.step);
}

void append_macro(std::string& out, const Macro& macro) {
  out += "<Macro ";
  if (macro.name.empty())
    out += "anonymous";
  else
    jinja::append_repr(out, macro.name);
  out += '>';
}

void append_repr(std::string& out, const Value& value, int depth) {
  check_depth(depth);
  switch (value.kind()) {
    case Kind::kUndefined:
      out += "Undefined";
      return;
    case Kind::kNone:
      out += "None";
      return;
    case Kind::kBool:
      out += value.get<bool>() ? "True" : "False";
      return;
    case Kind::kInt:
      return append_integer(out, value.get<std::int64_t>());
    case Kind::kFloat:
      return append_float(out, value.get<double>());
    case Kind::kString:
      return jinja::append_repr(out, value.string());
    case Kind::kList:
      out += '[';
      append_items(out, value.items(), depth);
      out += ']';
      return;
    case Kind::kTuple:
      out += '(';
      append_items(out, value.items(), depth);
      out += value.items().size() == 1 ? ",)" : ")";
      return;
    case Kind::kDict:
      return append_entries(out, value.dict(), depth);
    case Kind::kRange:
      return append_range(out, value.object<Range>());
    case Kind::kDictView:
      (out += type_name(value)) += "([";
      append_items(out, to_items(value), depth);
      out += "])";
      return;
    case Kind::kNamespace:
      out += "<Namespace ";
      append_entries(out, value.object<Namespace>().attributes, depth);
      out += '>';
      return;
    case Kind::kLoop: {
      Loop& loop = value.object<Loop>();
      out += fmt::format("<LoopContext {}/{}>", loop.attribute("index")->integer(), loop.length());
      return;
    }
    case Kind::kMacro:
      return append_macro(out, value.object<Macro>());
    default:
      throw EvaluationError(fmt::format("a {} has no text", type_name(value)));
  }
}

}  // namespace

void append_text(std::string& out, const Value& value) {
  if (value.is_string())
    out += value.string();
  else if (!value.is_undefined())
    append_repr(out, value, 0);
}

void append_repr(std::string& out, const Value& value) { append_repr(out, value, 0); }

Value to_text(const Value& value) {
  if (value.is_string()) return value;
  std::string out;
  append_text(out, value);
  return Value::text(std::move(out));
}

}  // namespace jinja
