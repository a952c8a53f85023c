#include "tasks/jinja/template.h"

#include <set>

#include "harness/core/text.h"
#include "tasks/jinja/error.h"
#include "tasks/jinja/evaluate.h"
#include "tasks/jinja/lexer.h"
#include "tasks/jinja/parser.h"

namespace jinja {

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

namespace {

/// The byte as written of a byte of the rewritten source; for what was put in, where it was.
std::size_t place_as_written(std::string_view written, const Rewriting& rewriting, std::size_t offset) {
  if (rewriting.from.empty()) return offset;
  std::size_t begin = 0;  // of what follows the last replacement, as written
  while (true) {
    const std::size_t next = written.find(rewriting.from, begin);
    if (next == std::string_view::npos || offset < next - begin) return begin + offset;
    offset -= next - begin;
    if (offset < rewriting.to.size()) return next;
    offset -= rewriting.to.size();
    begin = next + rewriting.from.size();
  }
}

}  // namespace

Template::Template(std::string_view source, std::string name, const Rewriting& rewriting)
    : written_(normalize_source(source)),
      name_(std::move(name)),
      from_(rewriting.from),
      to_(rewriting.to),
      source_(from_.empty() ? written_ : core::replace_all(written_, from_, to_)) {
  try {
    program_ = parse(source_);
  } catch (const PlacedError& error) {
    fail(error);
  }
}

Template::~Template() = default;
Template::Template(Template&&) noexcept = default;

void Template::fail(const PlacedError& error) const {
  throw TemplateError(name_, written_, place_as_written(written_, {from_, to_}, error.offset), error.message);
}

std::string Template::render(Context& context, Draws& draws) const {
  try {
    return evaluate(*program_, context, draws);
  } catch (const PlacedError& error) {
    fail(error);
  } catch (const EvaluationError& error) {
    fail({0, error.what()});
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
