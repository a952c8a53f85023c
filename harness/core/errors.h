// The errors that reach a user. Libraries throw, `main` catches once, prints `what()` on standard error and exits.
// std::invalid_argument stays for a caller's mistake, assert for what cannot happen.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Exit codes of every verb.
enum class ExitCode { kDone = 0, kFailed = 1, kWrongUse = 2, kGateFailed = 3 };

/// Something a user wrote is wrong: a YAML key, a value, a combination. The text names file, line and key.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::string& message) : std::runtime_error(message) {}
  /// "FILE:LINE: KEY: message"; line 0 or an empty key is left out.
  ConfigError(const std::string& file, int line, const std::string& key, const std::string& message);
};

/// A wrong command line: exit code 2 instead of 1.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file is broken or missing. The text names the path and, where it is known, the line or byte.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& path, const std::string& message) : std::runtime_error(path + ": " + message) {}
  static FileError at_line(const std::string& path, std::int64_t line, const std::string& message);
  static FileError at_byte(const std::string& path, std::uint64_t byte, const std::string& message);
};

/// " (did you mean 'x'?)" for the nearest of `known` to `given` by edit distance, or "" where none is near.
std::string did_you_mean(std::string_view given, const std::vector<std::string>& known);

}  // namespace core
