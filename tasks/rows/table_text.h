// The records of CSV and TSV text by the rules of Python's csv.reader (Modules/_csv.c, `strict=False`,
// `doublequote=True`, no escape character) over a file that was opened with newline='':
//
//   a line ends at "\n", "\r" or "\r\n"; inside a quoted cell these are text, as they stand
//   a cell is quoted only where the quote is its first character (after blanks, with skip_initial_space)
//   a doubled quote inside a quoted cell is one quote; text behind the closing quote is added to the cell as it stands,
//   also further quotes
//   a quoted cell that is open at the end of the file ends there
//   an empty line is a record without cells
//
// Different: a NUL is an error, as it was before Python 3.11 (it tells of UTF-16 or a broken file), and a record may
// have 64 MiB instead of 131,072 characters a cell.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "tasks/rows.h"

namespace tasks {

class TableText {
 public:
  /// `format`: delimiter, quote, skip_initial_space. `name` is what errors call the text.
  TableText(std::unique_ptr<std::istream> in, std::string name, const TableFormat& format);

  /// The cells of the next record into `cells`; false at the end. Throws core::FileError that names the line: a NUL,
  /// not UTF-8, too long.
  bool next(std::vector<std::string>& cells);
  /// Of the record that was read last: its first line, from 1.
  std::int64_t line() const { return line_; }

 private:
  int take();
  void end_line(int newline);
  void save(std::vector<std::string>& cells);
  void append(int c);
  [[noreturn]] void fail(const std::string& message) const;

  std::unique_ptr<std::istream> in_;
  std::streambuf& buffer_;
  std::string name_;
  int delimiter_, quote_;  // quote: -1 for none
  bool skip_initial_space_;
  std::string cell_;
  std::size_t record_bytes_ = 0;
  std::int64_t line_ = 0, next_line_ = 1;
  int previous_ = 0;
};

}  // namespace tasks
