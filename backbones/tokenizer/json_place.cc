#include "backbones/tokenizer/json_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/text.h"

namespace tokenizer {

void JsonPlace::fail(const std::string& message) const {
  throw core::FileError(*file_, (key_.empty() ? "" : key_ + ": ") + message);
}

JsonPlace JsonPlace::at(const std::string& key) const {
  if (!value_->is_object()) fail("expected an object, found " + value_->kind());
  const core::Json* member = value_->find(key);
  if (member == nullptr) fail("key '" + key + "' is missing");
  return {*file_, *member, key_.empty() ? key : key_ + "." + key};
}

JsonPlace JsonPlace::at(std::size_t index) const {
  if (index >= size()) fail(fmt::format("has no element {}", index));
  return {*file_, value_->as_array()[index], fmt::format("{}[{}]", key_, index)};
}

bool JsonPlace::has(const std::string& key) const {
  if (!value_->is_object()) fail("expected an object, found " + value_->kind());
  const core::Json* member = value_->find(key);
  return member != nullptr && !member->is_null();
}

std::size_t JsonPlace::size() const {
  if (!value_->is_array()) fail("expected a list, found " + value_->kind());
  return value_->as_array().size();
}

bool JsonPlace::boolean() const {
  if (!value_->is_bool()) fail("expected a boolean, found " + value_->kind());
  return value_->as_bool();
}

bool JsonPlace::boolean(const std::string& key, bool otherwise) const {
  return has(key) ? at(key).boolean() : otherwise;
}

std::int64_t JsonPlace::integer() const {
  if (!value_->is_integer()) fail("expected an integer, found " + value_->kind());
  return value_->as_integer();
}

const std::string& JsonPlace::string() const {
  if (!value_->is_string()) fail("expected a string, found " + value_->kind());
  return value_->as_string();
}

std::string JsonPlace::string(const std::string& key, const std::string& otherwise) const {
  return has(key) ? at(key).string() : otherwise;
}

const std::string& JsonPlace::type(const std::vector<std::string>& known) const {
  const JsonPlace place = at("type");
  const std::string& type = place.string();
  if (std::find(known.begin(), known.end(), type) == known.end()) {
    place.fail("'" + type + "' is not supported here (supported: " + core::join(known, ", ") + ")");
  }
  return type;
}

}  // namespace tokenizer
