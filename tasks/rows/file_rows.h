// The rows of one file, whatever its kind: what open_rows puts in a row behind each other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tasks/rows.h"

namespace tasks {

class FileRows {
 public:
  virtual ~FileRows() = default;
  /// The next row into `row`; false at the end. Throws core::FileError.
  virtual bool next(Row& row) = 0;

  /// What the file itself says of its columns, known from the start.
  struct Schema {
    std::vector<std::string> columns;  // "label: int64" or "label", in their order; empty where each row has its own
    std::map<std::string, std::vector<std::string>> class_names;
    std::map<std::string, std::string> unread;  // column -> its type
    bool operator==(const Schema&) const = default;
  };
  virtual const Schema& schema() const = 0;
  virtual std::int64_t skipped_lines() const { return 0; }
};

std::unique_ptr<FileRows> open_json_lines(const std::filesystem::path& path);
/// A list of objects, read whole. A file that begins with an object is taken for JSON Lines, as the Hub's reader does.
std::unique_ptr<FileRows> open_json_list(const std::filesystem::path& path);
/// CSV and TSV. Throws std::invalid_argument for a format that says two things at once.
std::unique_ptr<FileRows> open_table(const std::filesystem::path& path, const TableFormat& format);
std::unique_ptr<FileRows> open_parquet(const std::filesystem::path& path);

}  // namespace tasks
