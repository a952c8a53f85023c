#include "tasks/jinja/loop.h"

#include "tasks/jinja/error.h"
#include "tasks/jinja/operators.h"

namespace jinja {

std::optional<Value> Loop::next() {
  std::optional<Value> item;
  if (taken_ < ahead_.size())
    item = std::move(ahead_[taken_++]);
  else
    item = iterator_.next();
  if (!item) return item;
  ++index0_;
  before_ = std::move(current_);
  current_ = item;
  return item;
}

const std::optional<Value>& Loop::peek() {
  if (taken_ == ahead_.size()) {
    ahead_.clear();
    taken_ = 0;
    if (auto item = iterator_.next()) ahead_.push_back(std::move(*item));
  }
  peeked_ = taken_ < ahead_.size() ? std::optional(ahead_[taken_]) : std::nullopt;
  return peeked_;
}

/// len() of what is iterated, where it has one, else by reading all of it; kept, though a list may grow.
std::int64_t Loop::length() {
  if (length_) return *length_;
  if (!iterable_.is(Kind::kGenerator)) return *(length_ = jinja::length(iterable_));
  while (auto item = iterator_.next()) ahead_.push_back(std::move(*item));
  return *(length_ = index0_ + 1 + static_cast<std::int64_t>(ahead_.size() - taken_));
}

Value Loop::call(const Value& iterable) const {
  if (!recurse) throw EvaluationError("the loop must have the 'recursive' marker to be called");
  return recurse(iterable, depth_ + 1);
}

std::optional<Value> Loop::attribute(std::string_view name) {
  if (name == "index") return Value(index0_ + 1);
  if (name == "index0") return Value(index0_);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(!peek().has_value());
  if (name == "length") return Value(length());
  if (name == "revindex") return Value(length() - index0_);
  if (name == "revindex0") return Value(length() - index0_ - 1);
  if (name == "depth") return Value(depth_);
  if (name == "depth0") return Value(depth_ - 1);
  if (name == "previtem") return index0_ > 0 && before_ ? *before_ : Value::undefined("there is no previous item");
  if (name == "nextitem") return peek() ? *peeked_ : Value::undefined("there is no next item");
  return std::nullopt;
}

Value Loop::cycle(const std::vector<Value>& values) const {
  if (values.empty()) throw EvaluationError("no items for cycling given");
  return values[static_cast<std::size_t>(index0_) % values.size()];
}

Value Loop::changed(std::vector<Value> values) {
  Value now = Value::tuple(std::move(values));
  if (last_changed_ && equal(*last_changed_, now)) return Value(false);
  last_changed_ = std::move(now);
  return Value(true);
}

}  // namespace jinja
