// The `loop` of a for statement (jinja2.runtime.LoopContext): looks ahead only when asked for `last`, `nextitem` or
// `length`.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tasks/jinja/value.h"

namespace jinja {

class Loop {
 public:
  /// `depth` counts recursive calls, from 1.
  Loop(const Value& iterable, std::int64_t depth) : iterable_(iterable), iterator_(iterable), depth_(depth) {}

  /// Renders the body of a recursive loop for `iterable`, one deeper.
  Value call(const Value& iterable) const;
  std::function<Value(const Value& iterable, std::int64_t depth)> recurse;  // empty unless the loop is recursive

  /// Moves to the next item; nothing at the end.
  std::optional<Value> next();
  /// loop.index and the like; nothing where there is no such attribute.
  std::optional<Value> attribute(std::string_view name);
  static bool has_method(std::string_view name) { return name == "cycle" || name == "changed"; }
  Value cycle(const std::vector<Value>& values) const;
  Value changed(std::vector<Value> values);
  std::int64_t length();

 private:
  const std::optional<Value>& peek();
  Value iterable_;
  Iterator iterator_;
  std::optional<Value> before_, current_;
  std::vector<Value> ahead_;  // read but not yet current, in order
  std::size_t taken_ = 0;     // of `ahead_`
  std::optional<Value> peeked_;
  std::optional<Value> last_changed_;
  std::optional<std::int64_t> length_;
  std::int64_t index0_ = -1, depth_ = 0;
};

}  // namespace jinja
