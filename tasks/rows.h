// Rows of a data set, one by one: Parquet, JSON Lines, one JSON list, CSV and TSV, plain or compressed (.zst, .gz).
// Memory does not grow with the number of rows; a JSON list alone is read whole, for it has one closing bracket. A
// `.json` file that begins with an object is read as JSON Lines, as the Hub's own reader does.
// Several files of a split follow each other in the order of their names, and have the same columns: names, in Parquet
// also types. A UTF-8 byte order mark is dropped. Empty lines of CSV and TSV are passed over, as csv.DictReader does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/json.h"

namespace tasks {

/// A row and where it stands, for messages: "FILE: line 12" in text files, "FILE: row 11" in a list and in Parquet.
struct Row {
  core::Json columns;  // an object
  std::string place;
};

/// How tables of text (CSV, TSV) are read; the defaults are those of Python's csv module.
struct TableFormat {
  enum class Header {
    kFirstLine,  // the first line names the columns
    kSkip,       // the first line is passed over, `columns` names them
    kNone        // `columns` names them
  };
  enum class OtherLength { kError, kSkip };  // lines with fewer or more cells than columns
  Header header = Header::kFirstLine;
  std::vector<std::string> columns;
  char delimiter = 0;  // 0: by the ending of the file: ',' for .csv, tab for .tsv
  char quote = '"';    // 0: no quoting (csv.QUOTE_NONE)
  bool skip_initial_space = false;
  OtherLength other_length = OtherLength::kError;
};

/// One pass over the rows of a split. Cells of CSV and TSV are strings. Parquet gives null, booleans, integers
/// (core::BigInteger where an unsigned one needs it), doubles (float16 and float32 widened), strings, lists and
/// objects. A column of another type (times, decimals, bytes, maps) is left out of the rows and stands in
/// `unread_columns`: a set is usable without a column that no template reads, and whoever misses the column can say why
/// it is not there.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// The next row; nothing at the end. Throws core::FileError that names file and line or row; also where the split
  /// has no rows at all.
  virtual std::optional<Row> next() = 0;
  /// Class names by column where the file declares them (ClassLabel of the Hub's Parquet files); known from the start.
  virtual const std::map<std::string, std::vector<std::string>>& class_names() const = 0;
  /// Columns that the rows leave out: name -> Parquet type ("timestamp[us]"); known from the start.
  virtual const std::map<std::string, std::string>& unread_columns() const = 0;
  /// Lines passed over by OtherLength::kSkip so far.
  virtual std::int64_t skipped_lines() const { return 0; }
};

/// The endings that open_rows reads, without compression: ".parquet", ".jsonl", ".json", ".csv", ".tsv".
const std::vector<std::string>& row_file_endings();

/// `files` is not empty; all of one kind. Throws core::FileError; std::invalid_argument for a format that contradicts
/// itself (the delimiter is the quote, no names of columns, two of them).
std::unique_ptr<RowReader> open_rows(const std::vector<std::filesystem::path>& files, const TableFormat& format = {});

}  // namespace tasks
