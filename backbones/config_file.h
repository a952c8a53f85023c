// A model's config.json (or generation_config.json): typed values, and errors that name the file and the key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/core/json.h"

namespace backbones {

class ConfigFile {
 public:
  explicit ConfigFile(const std::filesystem::path& path);  // throws core::FileError

  /// nullptr where the key is absent or null: both mean the default.
  const core::Json* find(const std::string& key) const;
  /// A whole number from `least` to `most`. Throws core::FileError, also where the key is absent.
  std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most) const;
  /// The extent of something: a whole number from 1 to 2^30, which keeps every product of two within 64 bits.
  std::int64_t size(const std::string& key) const;

  /// The same kinds where the key may be absent. Throw core::FileError where the value is of another kind.
  std::int64_t size_or(const std::string& key, std::int64_t absent) const;
  double positive_or(const std::string& key, double absent) const;
  bool boolean_or(const std::string& key, bool absent) const;
  std::string string_or(const std::string& key, const std::string& absent) const;
  /// Throws unless the key is absent or has the one value that is built; `why` ends the message.
  void only(const std::string& key, const std::string& built, const std::string& why) const;

  [[noreturn]] void fail(const std::string& key, const std::string& message) const;

 private:
  std::string path_;
  core::Json json_;
};

}  // namespace backbones
