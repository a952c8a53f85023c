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
#include <utility>
#include <variant>
#include <vector>

#include "harness/core/json.h"

namespace jinja {

class Value;
class Loop;
struct Function;
struct Dict;
struct Generator;
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
  std::shared_ptr<const std::string> owner;  // null where the bytes are borrowed
};
struct Range {
  std::int64_t start = 0, stop = 0, step = 1;
  std::int64_t size() const;
  bool operator==(const Range&) const;
};
struct Sequence {
  std::vector<Value> items;
};
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

/// The alternatives of Value, in the order of its variant.
enum class Kind {
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
  kFunction
};

class Value {
 public:
  using Variant =
      std::variant<Undefined, None, bool, std::int64_t, double, Text, ListRef, TupleRef, std::shared_ptr<Dict>, Range,
                   DictView, std::shared_ptr<Generator>, std::shared_ptr<Namespace>, std::shared_ptr<Loop>,
                   std::shared_ptr<Method>, const Function*>;

  Value() = default;  // Undefined without a name
  template <class T>
  requires std::is_constructible_v<Variant, std::in_place_type_t<T>, T>
  explicit Value(T data) : data_(std::in_place_type<T>, std::move(data)) {}
  explicit Value(int number) : data_(std::int64_t{number}) {}

  static Value none() { return Value(None{}); }
  static Value borrowed(std::string_view text) { return Value(Text{text, nullptr}); }
  static Value text(std::string text);
  static Value list(std::vector<Value> items);
  static Value tuple(std::vector<Value> items);
  static Value generator(std::function<std::optional<Value>()> next);
  static Value undefined(std::string message);
  /// Strings stay borrowed from `json`.
  static Value from_json(const core::Json& json);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }
  bool is_undefined() const { return is(Kind::kUndefined); }
  bool is_string() const { return is(Kind::kString); }
  /// int or bool.
  bool is_integral() const { return is(Kind::kInt) || is(Kind::kBool); }
  bool is_number() const { return is_integral() || is(Kind::kFloat); }
  bool is_list_or_tuple() const { return is(Kind::kList) || is(Kind::kTuple); }

  template <class T>
  const T& get() const {
    return *std::get_if<T>(&data_);
  }
  std::string_view string() const { return get<Text>().view; }
  std::int64_t integer() const { return is(Kind::kBool) ? get<bool>() : get<std::int64_t>(); }
  double number() const { return is(Kind::kFloat) ? get<double>() : static_cast<double>(integer()); }
  /// The items of a list or tuple. A list is shared: who holds the value may change it.
  std::vector<Value>& items() const;
  Dict& dict() const;

 private:
  Variant data_;
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
