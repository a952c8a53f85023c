// A compiled template: parsed once, rendered often, safe to render from several threads at once.
#pragma once

#include <boost/container/small_vector.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/json.h"
#include "tasks/jinja/filters.h"
#include "tasks/jinja/value.h"

namespace jinja {

struct PlacedError;
struct Program;

/// The variables of a rendering: the columns of a row, which must outlive it, and what is set beside them. A column
/// becomes a value at its first use and stays that value, so that a list changed by one template is changed for the
/// next one, too.
class Context {
 public:
  /// Throws std::runtime_error where the row is not an object.
  explicit Context(const core::Json& row);
  void set(std::string_view name, Value value);
  /// The value of a name, else the global function, else Undefined.
  Value resolve(std::string_view name);

 private:
  Value column(std::size_t i);
  const core::Json::Object& row_;
  std::vector<std::optional<Value>> columns_;  // the lists and dicts that were used
  boost::container::small_vector<std::pair<std::string, Value>, 2> set_;
};

/// Before a source is parsed, `to` is put for every `from`, which is not empty unless there is nothing to do. Errors
/// show the source as it was written.
struct Rewriting {
  std::string_view from, to;
};

class Template {
 public:
  /// `name` is what errors call it: "super_glue/rte: does it follow that". Throws TemplateError.
  Template(std::string_view source, std::string name, const Rewriting& rewriting = {});
  ~Template();
  Template(Template&&) noexcept;

  /// Throws TemplateError with the place in the source.
  std::string render(Context& context, Draws& draws) const;
  /// Names that come from the context, without the globals, sorted (jinja2.meta.find_undeclared_variables).
  std::vector<std::string> undeclared() const;

 private:
  [[noreturn]] void fail(const PlacedError& error) const;

  std::string written_, name_, from_, to_;  // of the rewriting
  std::string source_;                      // what was parsed, which the program borrows
  std::unique_ptr<const Program> program_;
};

}  // namespace jinja
