// JSON Lines: one object a line, and the contract of every filter: one line out per line in, in order, unknown fields
// carried through as they were written, an added field replaces one of the same name.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/json.h"

namespace core {

/// One line: an object whose values are kept as they were written. What was moved from may only be assigned to.
class JsonRecord {
 public:
  /// Throws std::runtime_error where the text is not UTF-8, not an object, has a key twice or is nested too deep.
  static JsonRecord parse(std::string_view line);
  /// The same into this record, whose memory is used again.
  void assign(std::string_view line);

  /// The text of a field's value; nullptr where it is absent.
  const std::string* raw(std::string_view key) const;
  /// Each throws std::runtime_error "field 'x': expected a string, found a number" or "field 'x' is missing".
  std::string string(std::string_view key) const;
  double number(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;  // the message shows what was written: 1.0 is a number, too
  std::vector<std::string> strings(std::string_view key) const;
  /// The same into memory that is used again.
  void read_string(std::string_view key, std::string& out) const;
  void read_strings(std::string_view key, std::vector<std::string>& out) const;
  Json json(std::string_view key) const;
  /// The whole line as a value.
  Json to_json() const;

  /// Replaces the field of that name where it stands, or adds it at the end.
  void set(std::string_view key, const Json& value);
  void set_raw(std::string_view key, std::string json);
  void erase(std::string_view key);

  std::string to_line() const;  // without a newline
  void append_line(std::string& out) const;

 private:
  struct Field {
    std::string key, written_key, value;  // the key as text and as written between its quotes; the value as written
  };
  template <class Read>
  auto read_field(std::string_view key, Read read) const;
  std::span<const Field> fields() const { return std::span(fields_).first(count_); }
  Field& field_for(std::string_view key);
  Field& next_field();

  std::vector<Field> fields_;  // the first count_ are the record's; the others keep their memory for the next line
  std::size_t count_ = 0;
};

/// Reads lines of at most 64 MiB. An empty last line is ignored, an empty line elsewhere is an error of parse.
class JsonLinesReader {
 public:
  /// `name` is what errors call the source: a path, or "standard input".
  JsonLinesReader(std::istream& in, std::string name);
  /// The next record, or nothing at the end. Throws FileError with the number of the line.
  std::optional<JsonRecord> next();
  /// The same into `record`, whose memory is used again; false at the end.
  bool next(JsonRecord& record);
  std::int64_t line() const { return line_; }
  const std::string& name() const { return name_; }

 private:
  bool read_line();

  std::istream& in_;
  std::string name_;
  std::int64_t line_ = 0;
  std::string buffer_;
  std::string_view line_view_;  // into buffer_
};

/// All records of a file. Throws FileError.
std::vector<JsonRecord> read_json_lines(const std::string& path);

/// Runs a filter: reads records in blocks of at most `block` lines, lets `enrich` change each block in place, writes
/// them in order and flushes after each block. A block ends early where no further input waits, so that a program that
/// asks line by line is answered. `check` is called once per record as it is read, to refuse fields of a wrong type by
/// line. A bad line ends it by FileError with its number after all earlier lines are out. `limit` < 0: all lines.
struct FilterOptions {
  std::size_t block = 1;
  std::int64_t limit = -1;
  std::string name = "standard input";
};
void run_filter(std::istream& in, std::ostream& out, const FilterOptions& options,
                const std::function<void(const JsonRecord&)>& check,
                const std::function<void(std::span<JsonRecord>)>& enrich);

}  // namespace core
