#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/core/errors.h"
#include "tasks/rows/file_rows.h"
#include "tasks/rows/table_text.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

/// The format with the delimiter that the file's ending stands for where none is named.
TableFormat completed(const std::filesystem::path& path, TableFormat format) {
  if (format.delimiter == 0) format.delimiter = without_compression(path).extension() == ".tsv" ? '\t' : ',';
  for (const char c : {format.delimiter, format.quote})
    if (c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x80)
      throw std::invalid_argument("table format: delimiter and quote are single ASCII characters, no line ends");
  if (format.delimiter == format.quote) throw std::invalid_argument("table format: the delimiter is also the quote");
  if (format.header != TableFormat::Header::kFirstLine && format.columns.empty())
    throw std::invalid_argument("table format: without a header line, `columns` must name the columns");
  if (format.header == TableFormat::Header::kFirstLine && !format.columns.empty())
    throw std::invalid_argument("table format: both the first line and `columns` name the columns");
  return format;
}

class TableRows : public FileRows {
 public:
  TableRows(const std::filesystem::path& path, const TableFormat& format)
      : path_(path.string()), format_(format), text_(open_text(path), path_, format) {
    schema_.columns = format.columns;
    if (format.header == TableFormat::Header::kNone) return;
    if (!text_.next(cells_)) throw core::FileError(path_, "is empty, expected a header line");
    if (format.header == TableFormat::Header::kFirstLine) take_header();
  }

  bool next(Row& row) override {
    while (next_record()) {
      if (cells_.size() == schema_.columns.size()) {
        row.place = fmt::format("{}: line {}", path_, text_.line());
        row.columns = columns();
        return true;
      }
      if (format_.other_length == TableFormat::OtherLength::kError) fail_length();
      ++skipped_;
    }
    return false;
  }
  const Schema& schema() const override { return schema_; }
  std::int64_t skipped_lines() const override { return skipped_; }

 private:
  /// Passes over empty lines, as csv.DictReader does.
  bool next_record() {
    while (text_.next(cells_))
      if (!cells_.empty()) return true;
    return false;
  }

  void take_header() {
    constexpr const char* kNameThem = "; name the columns in the task's file and skip the header line";
    if (cells_.empty()) throw core::FileError::at_line(path_, 1, "is empty, expected the names of the columns");
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].empty())
        throw core::FileError::at_line(path_, 1, fmt::format("the name of column {} is empty{}", i + 1, kNameThem));
      if (const auto first = std::find(cells_.begin(), cells_.end(), cells_[i]) - cells_.begin();
          first < static_cast<std::ptrdiff_t>(i))
        throw core::FileError::at_line(
            path_, 1, fmt::format("columns {} and {} are both called '{}'{}", first + 1, i + 1, cells_[i], kNameThem));
    }
    schema_.columns = cells_;
  }

  core::Json columns() {
    core::Json::Object object;
    object.reserve(cells_.size());
    for (std::size_t i = 0; i < cells_.size(); ++i) object.emplace_back(schema_.columns[i], std::move(cells_[i]));
    return core::Json(std::move(object));
  }

  [[noreturn]] void fail_length() const {
    throw core::FileError::at_line(
        path_, text_.line(),
        fmt::format("{} cells, expected {} ({}): is the delimiter '{}' right, is a quote open?", cells_.size(),
                    schema_.columns.size(), fmt::join(schema_.columns, ", "),
                    format_.delimiter == '\t' ? "\\t" : std::string(1, format_.delimiter)));
  }

  std::string path_;
  TableFormat format_;
  TableText text_;
  std::vector<std::string> cells_;
  Schema schema_;
  std::int64_t skipped_ = 0;
};

}  // namespace

std::unique_ptr<FileRows> open_table(const std::filesystem::path& path, const TableFormat& format) {
  return std::make_unique<TableRows>(path, completed(path, format));
}

}  // namespace tasks
