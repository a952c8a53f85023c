#include "tasks/jinja/value.h"

#include <fmt/format.h>

#include "tasks/jinja/error.h"
#include "tasks/jinja/loop.h"
#include "tasks/jinja/operators.h"
#include "tasks/jinja/python_text.h"

namespace jinja {

std::string Undefined::why() const {
  if (message) return *message;
  return name.empty() ? "an undefined value" : fmt::format("'{}' is undefined", name);
}

std::int64_t Range::size() const {
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

bool Range::operator==(const Range& other) const {
  const std::int64_t n = size();
  return n == other.size() && (n == 0 || (start == other.start && (n == 1 || step == other.step)));
}

Value::Value(Undefined undefined) : size_(undefined.name.size()) {
  payload_.bytes = undefined.name.data();
  object_ = std::const_pointer_cast<std::string>(std::move(undefined.message));
}

Value Value::text(std::string text) {
  auto owner = std::make_shared<std::string>(std::move(text));
  const std::string_view view = *owner;
  return Value(Text{view, std::move(owner)});
}

Value Value::list(std::vector<Value> items) {
  return Value(ListRef{std::make_shared<Sequence>(Sequence{std::move(items)})});
}
Value Value::tuple(std::vector<Value> items) {
  return Value(TupleRef{std::make_shared<Sequence>(Sequence{std::move(items)})});
}
Value Value::generator(std::function<std::optional<Value>()> next) {
  return Value(std::make_shared<Generator>(Generator{std::move(next)}));
}
Value Value::undefined(std::string message) {
  return Value(Undefined{{}, std::make_shared<const std::string>(std::move(message))});
}

namespace {

struct FromJson {
  Value operator()(std::nullptr_t) const { return Value::none(); }
  Value operator()(bool value) const { return Value(value); }
  Value operator()(std::int64_t value) const { return Value(value); }
  Value operator()(double value) const { return Value(value); }
  Value operator()(const std::string& value) const { return Value::borrowed(value); }
  Value operator()(const core::BigInteger& value) const {
    throw EvaluationError(fmt::format("the integer {} does not fit 64 bits", value.digits));
  }
  Value operator()(const core::Json::Array& array) const {
    std::vector<Value> items;
    items.reserve(array.size());
    for (const auto& item : array) items.push_back(Value::from_json(item));
    return Value::list(std::move(items));
  }
  Value operator()(const core::Json::Object& object) const {
    auto dict = std::make_shared<Dict>();
    dict->entries.reserve(object.size());
    for (const auto& [key, value] : object) dict->entries.emplace_back(Value::borrowed(key), Value::from_json(value));
    return Value(std::move(dict));
  }
};

}  // namespace

Value Value::from_json(const core::Json& json) { return std::visit(FromJson{}, json.value()); }

const Value* Dict::find(const Value& key) const {
  if (key.is_string()) return find(key.string());
  for (const auto& entry : entries)
    if (equal(entry.first, key)) return &entry.second;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.first.is_string() && entry.first.string() == key) return &entry.second;
  return nullptr;
}

void Dict::set(const Value& key, Value value) {
  check_hashable(key);
  if (const Value* old = find(key)) {
    const_cast<Value&>(*old) = std::move(value);
    return;
  }
  entries.emplace_back(key, std::move(value));
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kString:
      return "str";
    case Kind::kList:
      return "list";
    case Kind::kTuple:
      return "tuple";
    case Kind::kDict:
      return "dict";
    case Kind::kRange:
      return "range";
    case Kind::kDictView:
      break;
    case Kind::kGenerator:
      return "generator";
    case Kind::kNamespace:
      return "Namespace";
    case Kind::kLoop:
      return "LoopContext";
    case Kind::kMethod:
      return "builtin_function_or_method";
    case Kind::kFunction:
      return "function";
    case Kind::kMacro:
      return "Macro";
  }
  switch (value.get<DictView>().part) {
    case DictView::Part::kKeys:
      return "dict_keys";
    case DictView::Part::kValues:
      return "dict_values";
    case DictView::Part::kItems:
      return "dict_items";
  }
  throw std::logic_error("a value of no kind");
}

Iterator::Iterator(Value source) : source_(std::move(source)) {
  switch (source_.kind()) {
    case Kind::kUndefined:
    case Kind::kString:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kRange:
    case Kind::kDictView:
    case Kind::kGenerator:
    case Kind::kLoop:
      return;
    default:
      throw EvaluationError(fmt::format("'{}' object is not iterable", type_name(source_)));
  }
}

namespace {

Value view_item(const DictView& view, std::size_t i) {
  const auto& [key, value] = view.dict->entries[i];
  if (view.part == DictView::Part::kKeys) return key;
  if (view.part == DictView::Part::kValues) return value;
  return Value::tuple({key, value});
}

std::optional<Value> next_character(const Text& text, std::size_t& position) {
  if (position >= text.view.size()) return std::nullopt;
  const std::size_t start = position;
  next_code_point(text.view, position);
  return Value(Text{text.view.substr(start, position - start), text.owner});
}

}  // namespace

std::optional<Value> Iterator::next() {
  switch (source_.kind()) {
    case Kind::kString:
      return next_character(source_.get<Text>(), position_);
    case Kind::kList:
    case Kind::kTuple: {
      const auto& items = source_.items();
      if (position_ >= items.size()) return std::nullopt;
      return items[position_++];
    }
    case Kind::kDict: {
      const auto& entries = source_.dict().entries;
      if (position_ >= entries.size()) return std::nullopt;
      return entries[position_++].first;
    }
    case Kind::kDictView: {
      const auto& view = source_.get<DictView>();
      if (position_ >= view.dict->entries.size()) return std::nullopt;
      return view_item(view, position_++);
    }
    case Kind::kRange: {
      const auto& range = source_.object<Range>();
      if (static_cast<std::int64_t>(position_) >= range.size()) return std::nullopt;
      return Value(range.start + range.step * static_cast<std::int64_t>(position_++));
    }
    case Kind::kGenerator:
      return source_.object<Generator>().next();
    case Kind::kLoop: {  // as jinja2's: pairs of item and loop
      auto item = source_.object<Loop>().next();
      return item ? std::optional(Value::tuple({std::move(*item), source_})) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::vector<Value> to_items(const Value& iterable) {
  if (iterable.is_list_or_tuple()) return iterable.items();
  std::vector<Value> items;
  Iterator iterator(iterable);
  while (auto item = iterator.next()) items.push_back(std::move(*item));
  return items;
}

}  // namespace jinja
