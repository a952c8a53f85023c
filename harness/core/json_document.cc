#include "harness/core/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <unordered_set>

#include "harness/core/text.h"

namespace core {
namespace {

namespace od = simdjson::ondemand;

constexpr int kMaxDepth = 1000;
constexpr std::size_t kKeptBytes = std::size_t{4} << 20;  // a parser that grew beyond this is given back

std::string_view trim(std::string_view token) {
  const std::size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool is_integer_text(std::string_view token) {
  if (!token.empty() && token.front() == '-') token.remove_prefix(1);
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return false;
  return std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The text of a key between its quotes.
std::string_view written_key(const char* begin) {
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string message_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::STRING_ERROR:
      return "a string with a broken escape";
    case simdjson::UNCLOSED_STRING:
      return "a string that does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a control character inside a string, not escaped";
    case simdjson::NUMBER_ERROR:
      return "a broken number, or one out of range";
    case simdjson::EMPTY:
      return "empty";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "a list or an object that does not end";
    default:
      return "a comma, colon, bracket, key or value is missing, superfluous or misspelt";
  }
}

}  // namespace

// One parser and one padded copy a thread: a filter reads millions of short lines, and making a parser costs more than
// a line.
struct JsonDocument::Scratch {
  od::parser parser;
  std::unique_ptr<char[]> bytes;
  std::size_t capacity = 0;

  static Scratch& of_thread() {
    thread_local Scratch scratch;
    return scratch;
  }

  void reserve(std::size_t size) {
    const std::size_t needed = size + simdjson::SIMDJSON_PADDING;
    if (capacity > kKeptBytes && needed <= kKeptBytes) {
      parser = od::parser();
      capacity = 0;
    }
    if (capacity >= needed) return;
    capacity = std::max(needed, std::min(needed * 2, kKeptBytes));
    bytes = std::make_unique_for_overwrite<char[]>(capacity);
  }
};

/// The keys of one object; refuses a second one of the same name.
class JsonDocument::Keys {
 public:
  bool insert(std::string_view key) {
    if (count_ < few_.size()) {
      const auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
      if (std::find(few_.begin(), end, key) != end) return false;
      few_[count_++] = key;
      return true;
    }
    if (!many_) many_ = std::make_unique<std::unordered_set<std::string_view>>(few_.begin(), few_.end());
    return many_->insert(key).second;
  }

 private:
  std::array<std::string_view, 16> few_;
  std::size_t count_ = 0;
  std::unique_ptr<std::unordered_set<std::string_view>> many_;
};

JsonDocument::JsonDocument(std::string_view text) : text_(text), scratch_(Scratch::of_thread()) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(text.size(), "empty");
  wrapped_ = text[first] == '{' || text[first] == '[' ? 0 : 1;
  open();
}

void JsonDocument::open() {
  const std::size_t size = text_.size() + 2 * wrapped_;
  scratch_.reserve(size);
  char* const bytes = scratch_.bytes.get();
  if (wrapped_) bytes[0] = '[';
  std::copy(text_.begin(), text_.end(), bytes + wrapped_);
  if (wrapped_) bytes[size - 1] = ']';
  std::fill(bytes + size, bytes + size + simdjson::SIMDJSON_PADDING, '\0');
  copy_ = {bytes, size};
  const auto error = scratch_.parser.iterate(bytes, size, size + simdjson::SIMDJSON_PADDING).get(document_);
  if (error == simdjson::UTF8_ERROR) fail(std::min(find_invalid_utf8(text_), text_.size()), "not UTF-8");
  if (error) fail(error == simdjson::UNCLOSED_STRING ? text_.size() : 0, "not JSON: " + message_of(error));
}

void JsonDocument::fail(std::size_t byte, const std::string& message) const {
  throw std::runtime_error(fmt::format("byte {}: {}", byte, message));
}

std::size_t JsonDocument::byte_at(const char* position) const {
  const std::size_t at = position && position >= copy_.data() ? static_cast<std::size_t>(position - copy_.data()) : 0;
  return std::min(at - std::min(at, wrapped_), text_.size());
}

const char* JsonDocument::location() {
  const char* position = nullptr;
  return document_.current_location().get(position) ? copy_.data() + copy_.size() : position;
}

/// Turns simdjson's errors into ours, and refuses what follows the value.
template <class Walk>
auto JsonDocument::guarded(Walk&& walk) {
  try {
    auto result = walk();
    if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
      fail(byte_at(location()), "not JSON: something follows the value");
    return result;
  } catch (const simdjson::simdjson_error& error) {
    const bool unended = error.error() == simdjson::INCOMPLETE_ARRAY_OR_OBJECT;
    fail(unended ? text_.size() : byte_at(location()), "not JSON: " + message_of(error.error()));
  }
}

void JsonDocument::enter(int depth) {
  if (depth > kMaxDepth) fail(byte_at(location()), fmt::format("nested deeper than {} levels", kMaxDepth));
}

Json JsonDocument::value() {
  return guarded([&]() -> Json {
    if (!wrapped_) return build(document_.get_value().value(), 1);
    Json only;
    std::size_t count = 0;
    for (auto item : document_.get_array()) {
      if (++count > 1) fail(byte_at(location()), "not JSON: something follows the value");
      only = build(item.value(), 1);
    }
    if (count == 0) fail(0, "not JSON: no value");
    return only;
  });
}

Json JsonDocument::build(Value value, int depth) {
  switch (value.type().value()) {
    case od::json_type::array:
      return build_array(value, depth);
    case od::json_type::object:
      return build_object(value, depth);
    case od::json_type::string:
      return Json(std::string_view(value.get_string()));
    case od::json_type::number:
      return build_number(value);
    case od::json_type::boolean:
      return Json(bool(value.get_bool()));
    case od::json_type::null:
      break;
  }
  if (!value.is_null().value()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
  return Json();
}

Json JsonDocument::build_array(Value value, int depth) {
  enter(depth);
  Json::Array items;
  for (auto item : value.get_array()) items.push_back(build(item.value(), depth + 1));
  return Json(std::move(items));
}

Json JsonDocument::build_object(Value value, int depth) {
  enter(depth);
  Json::Object fields;
  Keys keys;
  for (auto field : value.get_object()) {
    const char* const key_begin = field.key().value().raw();
    const std::string_view key = field.unescaped_key();
    if (!keys.insert(key)) fail(byte_at(key_begin) - 1, fmt::format("key '{}' occurs twice", key));
    fields.emplace_back(std::string(key), build(field.value(), depth + 1));
  }
  return Json(std::move(fields));
}

Json JsonDocument::build_number(Value value) {
  const std::string_view token = trim(value.raw_json_token());
  if (!is_integer_text(token)) return Json(double(value.get_double()));
  if (token == "-0") return Json(-0.0);  // an integer would lose its sign
  std::int64_t integer = 0;
  if (value.get_int64().get(integer) == simdjson::SUCCESS) return Json(integer);
  return Json(BigInteger{std::string(token)});
}

void JsonDocument::check(Value value, int depth) {
  switch (value.type().value()) {
    case od::json_type::array:
      enter(depth);
      for (auto item : value.get_array()) check(item.value(), depth + 1);
      return;
    case od::json_type::object: {
      enter(depth);
      Keys keys;
      for (auto field : value.get_object()) {
        const char* const key_begin = field.key().value().raw();
        const std::string_view key = field.unescaped_key();
        if (!keys.insert(key)) fail(byte_at(key_begin) - 1, fmt::format("key '{}' occurs twice", key));
        check(field.value(), depth + 1);
      }
      return;
    }
    case od::json_type::string:
      value.get_string().value();
      return;
    case od::json_type::number:
      build_number(value);
      return;
    case od::json_type::boolean:
      value.get_bool().value();
      return;
    case od::json_type::null:
      if (!value.is_null().value()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
  }
}

void JsonDocument::for_each_field(const std::function<void(const RawField&)>& visit) {
  if (wrapped_ || text_[text_.find_first_not_of(" \t\r\n")] != '{')
    fail(0, "expected an object, found " + value().kind());
  guarded([&] {
    Keys keys;
    for (auto field : document_.get_object()) {
      const char* const key_begin = field.key().value().raw();
      const std::string_view key = field.unescaped_key();
      if (!keys.insert(key)) fail(byte_at(key_begin) - 1, fmt::format("key '{}' occurs twice", key));
      Value value = field.value();
      std::string_view written = trim(value.raw_json_token());
      check(value, 2);
      if (written.front() == '{' || written.front() == '[')
        written = {written.data(), static_cast<std::size_t>(location() - written.data())};
      visit({key, written_key(key_begin), trim(written)});
    }
    return true;
  });
}

}  // namespace core
