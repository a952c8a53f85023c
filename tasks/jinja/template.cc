#include "tasks/jinja/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tasks/jinja/error.h"
#include "tasks/jinja/evaluate.h"
#include "tasks/jinja/lexer.h"
#include "tasks/jinja/parser.h"
#include "tasks/jinja/python_text.h"

namespace jinja {

TemplateError::Place TemplateError::find_place(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  const std::string_view before = source.substr(0, offset);
  const std::size_t newline = before.rfind('\n'), start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = source.substr(start, source.find('\n', start) - start);
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(count_code_points(before.substr(start))) + 1, std::string(line)};
}

TemplateError::TemplateError(std::string_view name, std::string_view source, std::size_t offset,
                             std::string_view message)
    : TemplateError(name, find_place(source, offset), message) {}

TemplateError::TemplateError(std::string_view name, const Place& place, std::string_view message)
    : std::runtime_error(fmt::format("{}:{}:{}: {}\n  {}\n  {}^", name, place.line, place.column, message, place.text,
                                     std::string(static_cast<std::size_t>(place.column - 1), ' '))),
      line_(place.line),
      column_(place.column) {}

Context::Context(const core::Json& row) : row_(row.as_object()) {}

void Context::set(std::string_view name, Value value) { set_.emplace_back(name, std::move(value)); }

Value Context::resolve(std::string_view name) {
  for (const auto& [key, value] : set_)
    if (key == name) return value;
  for (std::size_t i = 0; i < row_.size(); ++i)
    if (row_[i].first == name) return column(i);
  if (const Function* function = find_global(name)) return Value(function);
  return Value(Undefined{name, nullptr});
}

/// Lists and dicts are made once, because templates may change them.
Value Context::column(std::size_t i) {
  const core::Json& json = row_[i].second;
  if (json.is_string()) return Value::borrowed(json.as_string());
  if (!json.is_array() && !json.is_object()) return Value::from_json(json);
  columns_.resize(row_.size());
  if (!columns_[i]) columns_[i] = Value::from_json(json);
  return *columns_[i];
}

Template::Template(std::string_view source, std::string name)
    : source_(normalize_source(source)), name_(std::move(name)), program_(parse(source_, name_)) {}

Template::~Template() = default;
Template::Template(Template&&) noexcept = default;

std::string Template::render(Context& context, Draws& draws) const {
  try {
    return evaluate(*program_, context, draws);
  } catch (const PlacedError& error) {
    throw TemplateError(name_, source_, error.offset, error.message);
  } catch (const EvaluationError& error) {
    throw TemplateError(name_, source_, 0, error.what());
  }
}

namespace {

void collect(const Frame& frame, std::set<std::string>& names) {
  for (const Load& load : frame)
    if (load.source == Load::Source::kResolve && !find_global(load.name)) names.insert(load.name);
}

void collect(const Block& block, std::set<std::string>& names) {
  for (const Statement& statement : block) {
    if (statement.macro) {
      collect(statement.macro->frame, names);
      collect(statement.macro->body, names);
    }
    for (const Frame* frame : {&statement.frame, &statement.filter_frame, &statement.otherwise_frame})
      collect(*frame, names);
    collect(statement.body, names);
    collect(statement.otherwise, names);
    for (const Branch& branch : statement.branches) collect(branch.body, names);
  }
}

}  // namespace

std::vector<std::string> Template::undeclared() const {
  std::set<std::string> names;
  collect(program_->frame, names);
  collect(program_->body, names);
  return {names.begin(), names.end()};
}

}  // namespace jinja
