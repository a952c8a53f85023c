// One JSON text in simdjson's hands: what json.cc and json_lines.cc share. simdjson's on-demand parser checks only what
// is asked for, so both walks below ask for every value. Not for use outside harness/core: it drags simdjson's header
// along.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/json.h"

namespace core {

/// A field of the outermost object: its key unescaped and as written between the quotes, its value as written.
struct RawField {
  std::string_view key, written_key, value;
};

/// Throws std::runtime_error that names the byte: not UTF-8, broken syntax, a key twice, nesting deeper than 1,000.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view text);

  /// The whole text as a value.
  Json value();
  /// Walks an object, checking everything below it. Throws where the text is of another kind.
  void for_each_field(const std::function<void(const RawField&)>& visit);

 private:
  using Value = simdjson::ondemand::value;
  class Keys;

  Json build(Value value, int depth);
  Json build_array(Value value, int depth);
  Json build_object(Value value, int depth);
  Json build_number(Value value);
  void check(Value value, int depth);
  template <class Walk>
  auto guarded(Walk&& walk);
  void open();
  void enter(int depth);
  const char* location();
  std::size_t byte_at(const char* position) const;
  [[noreturn]] void fail(std::size_t byte, const std::string& message) const;

  std::string_view text_;  // the caller's
  std::size_t wrapped_ =
      0;  // 1: the parser sees "[" + text + "]", because on-demand treats a bare scalar as a special case
  struct Scratch;
  Scratch& scratch_;
  std::string_view copy_;  // the padded copy that the parser reads
  simdjson::ondemand::document document_;
};

}  // namespace core
