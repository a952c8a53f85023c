#include "backbones/config_file.h"

#include <fmt/format.h>

#include "harness/core/errors.h"

namespace backbones {
namespace {

constexpr std::int64_t kMostSize = std::int64_t{1} << 30;

}  // namespace

ConfigFile::ConfigFile(const std::filesystem::path& path) : path_(path.string()), json_(core::read_json_file(path_)) {
  if (!json_.is_object()) throw core::FileError(path_, "expected an object, found " + json_.kind());
}

const core::Json* ConfigFile::find(const std::string& key) const {
  const core::Json* value = json_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::int64_t ConfigFile::integer(const std::string& key, std::int64_t least, std::int64_t most) const {
  const core::Json* value = find(key);
  if (value == nullptr) fail(key, "is missing");
  if (!value->is_integer()) fail(key, "expected a whole number, found " + value->kind());
  const std::int64_t number = value->as_integer();
  if (number < least || number > most)
    fail(key, fmt::format("expected a whole number from {} to {}, found {}", least, most, number));
  return number;
}

std::int64_t ConfigFile::size(const std::string& key) const { return integer(key, 1, kMostSize); }

std::int64_t ConfigFile::size_or(const std::string& key, std::int64_t absent) const {
  return find(key) == nullptr ? absent : size(key);
}

double ConfigFile::positive_or(const std::string& key, double absent) const {
  const core::Json* value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_number()) fail(key, "expected a number above 0, found " + value->kind());
  if (!(value->as_double() > 0)) fail(key, fmt::format("expected a number above 0, found {}", value->as_double()));
  return value->as_double();
}

bool ConfigFile::boolean_or(const std::string& key, bool absent) const {
  const core::Json* value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_bool()) fail(key, "expected a boolean, found " + value->kind());
  return value->as_bool();
}

std::string ConfigFile::string_or(const std::string& key, const std::string& absent) const {
  const core::Json* value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_string()) fail(key, "expected a string, found " + value->kind());
  return value->as_string();
}

void ConfigFile::only(const std::string& key, const std::string& built, const std::string& why) const {
  const core::Json* value = find(key);
  if (value != nullptr && *value != core::Json(built))
    fail(key, fmt::format("expected \"{}\", found {}: {}", built, core::write_json(*value), why));
}

void ConfigFile::fail(const std::string& key, const std::string& message) const {
  throw core::FileError(path_, fmt::format("{}: {}", key, message));
}

}  // namespace backbones
