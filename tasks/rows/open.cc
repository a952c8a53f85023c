#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/core/errors.h"
#include "tasks/rows/file_rows.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;

std::string ending_of(const fs::path& file) { return without_compression(file).extension().string(); }

std::unique_ptr<FileRows> open_file(const fs::path& file, const TableFormat& format) {
  const std::string ending = ending_of(file);
  if (ending == ".parquet") return open_parquet(file);
  if (ending == ".jsonl") return open_json_lines(file);
  if (ending == ".json") return open_json_list(file);
  if (ending == ".csv" || ending == ".tsv") return open_table(file, format);
  throw core::FileError(file.string(), fmt::format("rows are read from {}, each plain, .zst or .gz",
                                                   fmt::join(row_file_endings(), ", ")));
}

void check_one_kind(const std::vector<fs::path>& files) {
  for (const fs::path& file : files)
    if (ending_of(file) != ending_of(files.front()))
      throw core::FileError(file.string(), fmt::format("the files of a split are of one kind, but {} ends in {}",
                                                       files.front().string(), ending_of(files.front())));
}

/// Files behind each other, one open at a time.
class SplitRows : public RowReader {
 public:
  SplitRows(std::vector<fs::path> files, const TableFormat& format)
      : files_(std::move(files)), format_(format), current_(open_file(files_.front(), format)) {
    schema_ = current_->schema();
  }

  std::optional<Row> next() override {
    Row row;
    while (!current_->next(row))
      if (!open_next()) return {};
    ++rows_;
    return row;
  }
  const std::map<std::string, std::vector<std::string>>& class_names() const override { return schema_.class_names; }
  const std::map<std::string, std::string>& unread_columns() const override { return schema_.unread; }
  std::int64_t skipped_lines() const override { return skipped_ + current_->skipped_lines(); }

 private:
  bool open_next() {
    if (at_ + 1 == files_.size()) {
      if (rows_ == 0) throw_empty();
      return false;
    }
    auto following = open_file(files_[at_ + 1], format_);
    skipped_ += current_->skipped_lines();
    current_ = std::move(following);
    ++at_;
    if (current_->schema() != schema_) throw_other_schema(current_->schema());
    return true;
  }

  [[noreturn]] void throw_empty() const {
    const std::int64_t lines = skipped_lines();
    throw core::FileError(
        files_.front().string(),
        fmt::format("{}{}", files_.size() > 1 ? "no rows in the split" : "no rows",
                    lines > 0 ? fmt::format(": all {} lines were of another length and passed over", lines) : ""));
  }

  [[noreturn]] void throw_other_schema(const FileRows::Schema& schema) const {
    throw core::FileError(files_[at_].string(),
                          fmt::format("other columns than in {}: ({}), there ({})", files_.front().string(),
                                      fmt::join(schema.columns, ", "), fmt::join(schema_.columns, ", ")));
  }

  std::vector<fs::path> files_;
  TableFormat format_;
  std::size_t at_ = 0;  // the file that is open
  std::unique_ptr<FileRows> current_;
  FileRows::Schema schema_;
  std::int64_t rows_ = 0, skipped_ = 0;
};

}  // namespace

const std::vector<std::string>& row_file_endings() {
  static const std::vector<std::string> endings = {".parquet", ".jsonl", ".json", ".csv", ".tsv"};
  return endings;
}

std::unique_ptr<RowReader> open_rows(const std::vector<fs::path>& files, const TableFormat& format) {
  if (files.empty()) throw std::invalid_argument("open_rows: no files");
  std::vector<fs::path> sorted = files;
  std::sort(sorted.begin(), sorted.end());
  check_one_kind(sorted);
  return std::make_unique<SplitRows>(std::move(sorted), format);
}

}  // namespace tasks
