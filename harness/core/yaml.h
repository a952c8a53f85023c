// YAML that people write: tasks, experiments, sources, decodings. A strict reader over yaml-cpp: every value knows its
// file, line and key, so that a mistake is reported where it was made. A key that occurs twice and a key that nobody
// asked for are errors. Scalars keep their text; what it means is decided by the getter (`No` is text where text is
// wanted; booleans are true and false).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/json.h"

namespace core {

class Yaml {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };

  /// One document. Throws FileError where the file cannot be read, ConfigError with the line where it is not YAML.
  static Yaml from_file(const std::filesystem::path& file);
  /// `name` is what errors call the text.
  static Yaml from_text(std::string_view text, const std::string& name);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_scalar() const { return kind_ == Kind::kScalar; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_map() const { return kind_ == Kind::kMap; }
  const std::string& file() const { return *file_; }
  int line() const { return line_; }               // 1-based; of the key where there is one
  std::string kind_name() const;                   // "a list", "'text'": for messages
  const std::string& key() const { return key_; }  // "data.split", "tasks[2]"; empty at the top

  /// Each throws ConfigError "FILE:LINE: KEY: expected a whole number, found a list" where the value is of another
  /// kind.
  std::string string() const;
  std::int64_t integer() const;
  double number() const;
  bool boolean() const;
  const std::vector<Yaml>& items() const;    // of a list
  std::vector<std::string> strings() const;  // of a list of scalars; a single scalar counts as a list of one
  std::vector<std::string> keys() const;     // of a map, as written

  /// Throws ConfigError, with a suggestion, for a key of this map that is not in `known`. Call it first.
  void allow(const std::vector<std::string>& known) const;
  /// Throws ConfigError for a key of this map without a value.
  void refuse_empty_values() const;
  /// The value of a key of this map; nullptr where it is absent or null.
  const Yaml* find(std::string_view key) const;
  /// The same; throws ConfigError "FILE:LINE: KEY: is missing".
  const Yaml& at(std::string_view key) const;

  std::string string_or(std::string_view key, const std::string& otherwise) const;
  std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;
  double number_or(std::string_view key, double otherwise) const;
  bool boolean_or(std::string_view key, bool otherwise) const;

  /// Throws ConfigError "FILE:LINE: KEY: message".
  [[noreturn]] void fail(const std::string& message) const;
  /// Throws ConfigError with a suggestion unless the text is one of `known`; returns its index.
  std::size_t one_of(const std::vector<std::string>& known) const;

  /// `--set a.b=c`: replaces the value at a dotted key, making the maps on the way; `text` is YAML, `name` what errors
  /// call it. Throws ConfigError where a list or a scalar stands on the way.
  void set(std::string_view dotted_key, std::string_view text, const std::string& name);

  /// null, true, false, whole numbers and numbers where they are written plainly so, else text.
  Json to_json() const;

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::kNull;
  std::shared_ptr<const std::string> file_ = std::make_shared<const std::string>();
  int line_ = 0;
  std::string key_;
  std::string text_;  // of a scalar
  bool quoted_ = false;
  std::vector<Yaml> items_;
  std::vector<std::pair<std::string, Yaml>> entries_;

  Json scalar_to_json() const;
};

}  // namespace core
