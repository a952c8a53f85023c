// A value in a JSON file that knows where it stands, so that every complaint about it names the file and the key.
#pragma once

#include <string>
#include <vector>

#include "harness/core/errors.h"
#include "harness/core/json.h"

namespace tokenizer {

class JsonPlace {
 public:
  /// `file` and `value` outlive the place.
  JsonPlace(const std::string& file, const core::Json& value, std::string key = "")
      : file_(&file), value_(&value), key_(std::move(key)) {}

  /// A member or element. Throws core::FileError where it is missing.
  JsonPlace at(const std::string& key) const;
  JsonPlace at(std::size_t index) const;
  /// Whether the object has the member, and not as null.
  bool has(const std::string& key) const;
  std::size_t size() const;  // of a list

  /// Each throws core::FileError where the value is of another kind.
  bool boolean() const;
  bool boolean(const std::string& key, bool otherwise) const;  // of a member
  std::int64_t integer() const;
  const std::string& string() const;
  std::string string(const std::string& key, const std::string& otherwise) const;  // of a member
  bool is_null() const { return value_->is_null(); }
  const core::Json& json() const { return *value_; }
  const std::string& file() const { return *file_; }

  /// The member `type`, one of `known` (else the error lists them).
  const std::string& type(const std::vector<std::string>& known) const;
  [[noreturn]] void fail(const std::string& message) const;

 private:
  const std::string* file_;
  const core::Json* value_;
  std::string key_;  // "model.vocab[3]"
};

}  // namespace tokenizer
