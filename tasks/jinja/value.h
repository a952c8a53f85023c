// The values of a template, with Python's semantics: None, bool, int (64 bits; beyond that an error), float, str (UTF-8
// seen as code points), list (shared and mutable), tuple, dict (ordered), range, one-shot iterators, jinja2's
// Undefined, namespace and loop, bound methods and global functions.
//
// A str may borrow its bytes: from the template's source or the row, which both outlive a rendering. So values live no
// longer than the rendering that made them; what leaves it is a std::string.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/core/json.h"

namespace jinja {

class Value;
class Loop;
struct Function;
struct Dict;
struct Generator;
struct Macro;
struct Method;
struct Namespace;

/// A missing name, item or attribute. Prints "" and is false; anything but printing and testing it is an error.
struct Undefined {
  std::string_view name;                       // of the variable
  std::shared_ptr<const std::string> message;  // where it is not a variable
  std::string why() const;                     // "'x' is undefined"
};
struct None {};
struct Text {
  std::string_view view;
  std::shared_ptr<void> owner;  // null where the bytes are borrowed
};
struct Range {
  std::int64_t start = 0, stop = 0, step = 1;
  std::int64_t size() const;
  bool operator==(const Range&) const;
};
struct Sequence;
/// A list and a tuple hold the same; their types tell them apart.
struct ListRef {
  std::shared_ptr<Sequence> sequence;
};
struct TupleRef {
  std::shared_ptr<Sequence> sequence;
};
/// dict.keys(), dict.values(), dict.items(): follows the dict.
struct DictView {
  enum class Part { kKeys, kValues, kItems } part = Part::kKeys;
  std::shared_ptr<Dict> dict;
};

enum class Kind : std::uint8_t {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kList,
  kTuple,
  kDict,
  kRange,
  kDictView,
  kGenerator,
  kNamespace,
  kLoop,
  kMethod,
  kFunction,
  kMacro
};

class Value {
 public:
  Value() = default;  // Undefined without a name
  explicit Value(Undefined);
  explicit Value(None) : kind_(Kind::kNone) {}
  explicit Value(bool boolean) : kind_(Kind::kBool) { payload_.boolean = boolean; }
  explicit Value(std::int64_t integer) : kind_(Kind::kInt) { payload_.integer = integer; }
  explicit Value(int integer) : Value(std::int64_t{integer}) {}
  explicit Value(double real) : kind_(Kind::kFloat) { payload_.real = real; }
  explicit Value(Text text) : kind_(Kind::kString), size_(text.view.size()), object_(std::move(text.owner)) {
    payload_.bytes = text.view.data();
  }
  explicit Value(ListRef list) : kind_(Kind::kList), object_(std::move(list.sequence)) {}
  explicit Value(TupleRef tuple) : kind_(Kind::kTuple), object_(std::move(tuple.sequence)) {}
  explicit Value(std::shared_ptr<Dict> dict) : kind_(Kind::kDict), object_(std::move(dict)) {}
  explicit Value(Range range) : kind_(Kind::kRange), object_(std::make_shared<Range>(range)) {}
  explicit Value(DictView view) : kind_(Kind::kDictView), object_(std::move(view.dict)) { payload_.part = view.part; }
  explicit Value(std::shared_ptr<Generator> generator) : kind_(Kind::kGenerator), object_(std::move(generator)) {}
  explicit Value(std::shared_ptr<Namespace> space) : kind_(Kind::kNamespace), object_(std::move(space)) {}
  explicit Value(std::shared_ptr<Loop> loop) : kind_(Kind::kLoop), object_(std::move(loop)) {}
  explicit Value(std::shared_ptr<Method> method) : kind_(Kind::kMethod), object_(std::move(method)) {}
  explicit Value(std::shared_ptr<Macro> macro) : kind_(Kind::kMacro), object_(std::move(macro)) {}
  template <class T>
  explicit Value(const T*) = delete;  // else a pointer would be a bool
  explicit Value(const Function* function) : kind_(Kind::kFunction) { payload_.function = function; }

  static Value none() { return Value(None{}); }
  static Value borrowed(std::string_view text) { return Value(Text{text, nullptr}); }
  static Value text(std::string text);
  static Value list(std::vector<Value> items);
  static Value tuple(std::vector<Value> items);
  static Value generator(std::function<std::optional<Value>()> next);
  static Value undefined(std::string message);
  /// Strings stay borrowed from `json`.
  static Value from_json(const core::Json& json);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_undefined() const { return is(Kind::kUndefined); }
  bool is_string() const { return is(Kind::kString); }
  /// int or bool.
  bool is_integral() const { return is(Kind::kInt) || is(Kind::kBool); }
  bool is_number() const { return is_integral() || is(Kind::kFloat); }
  bool is_list_or_tuple() const { return is(Kind::kList) || is(Kind::kTuple); }

  /// What the value was made of: bool, int64_t, double, Text, Range, std::shared_ptr<Dict>, …
  template <class T>
  T get() const;
  std::string_view string() const { return {payload_.bytes, size_}; }
  /// A str that shares the bytes of this one, of which `part` is one.
  Value part(std::string_view part) const { return Value(Text{part, object_}); }
  std::int64_t integer() const { return is(Kind::kBool) ? payload_.boolean : payload_.integer; }
  double number() const { return is(Kind::kFloat) ? payload_.real : static_cast<double>(integer()); }
  /// The items of a list or tuple. A list is shared: who holds the value may change it.
  std::vector<Value>& items() const;
  Dict& dict() const { return object<Dict>(); }
  /// The shared part of a Range, Generator, Namespace, Loop, Method or Macro.
  template <class T>
  T& object() const {
    return *static_cast<T*>(object_.get());
  }

 private:
  union Payload {
    bool boolean;
    std::int64_t integer;
    double real;
    const char* bytes;  // of a str, or the name of an undefined variable; size_ of them
    DictView::Part part;
    const Function* function;
  };
  template <class T>
  std::shared_ptr<T> shared() const {
    return std::static_pointer_cast<T>(object_);
  }
  Kind kind_ = Kind::kUndefined;
  Payload payload_{.bytes = nullptr};
  std::size_t size_ = 0;
  std::shared_ptr<void> object_;  // what several values may share; null in numbers and borrowed texts
};

struct Sequence {
  std::vector<Value> items;
  bool is_group = false;  // a tuple of groupby: its items have the names "grouper" and "list", too
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;  // in the order of insertion
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  /// Throws EvaluationError where the key is a list or dict.
  void set(const Value& key, Value value);
};

struct Generator {
  std::function<std::optional<Value>()> next;
};
struct Namespace {
  Dict attributes;
};
struct Method {
  Value self;
  std::string name;
};

inline std::vector<Value>& Value::items() const { return object<Sequence>().items; }
template <class T>
T Value::get() const {
  if constexpr (std::is_same_v<T, bool>)
    return payload_.boolean;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return payload_.integer;
  else if constexpr (std::is_same_v<T, double>)
    return payload_.real;
  else if constexpr (std::is_same_v<T, const Function*>)
    return payload_.function;
  else if constexpr (std::is_same_v<T, Undefined>)
    return {string(), shared<const std::string>()};
  else if constexpr (std::is_same_v<T, Text>)
    return {string(), object_};
  else if constexpr (std::is_same_v<T, Range>)
    return object<Range>();
  else if constexpr (std::is_same_v<T, DictView>)
    return {payload_.part, shared<Dict>()};
  else
    return shared<typename T::element_type>();
}

/// Python's type name: "str", "NoneType", …
std::string_view type_name(const Value& value);

/// Python's iter(): list (live, by index), tuple, range, dict keys, characters of a str, generator; nothing for
/// Undefined.
class Iterator {
 public:
  Iterator() = default;
  /// Throws EvaluationError where the value is not iterable.
  explicit Iterator(Value source);
  std::optional<Value> next();

 private:
  Value source_;
  std::size_t position_ = 0;
};

std::vector<Value> to_items(const Value& iterable);  // Python's list(iterable), as a vector

}  // namespace jinja
