// Rows of a Parquet file by Arrow: a batch of rows at a time, page by page, so that memory depends neither on the
// number of rows nor on the size of a row group. This is all of the module cappy_parquet.so
// (tasks/rows/parquet_module.cc).
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <set>

#include "harness/core/errors.h"
#include "tasks/rows/file_rows.h"
#include "tasks/rows/parquet/cell.h"
#include "tasks/rows/parquet/input_file.h"

namespace tasks {
namespace {

constexpr std::int64_t kBatchBytes = std::int64_t{4} << 20;  // decoded, about; at least one row
constexpr std::int64_t kMaxBatchRows = 256;  // dictionary pages may repeat long texts that the footer counts once
constexpr std::int64_t kPageBufferBytes = std::int64_t{64} << 10;  // a column; pages may be larger

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

/// Rows of about kBatchBytes, by the row group with the largest ones.
std::int64_t batch_rows(const parquet::FileMetaData& metadata) {
  std::int64_t rows = kMaxBatchRows;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto group = metadata.RowGroup(i);
    if (group->total_byte_size() > 0) rows = std::min(rows, kBatchBytes * group->num_rows() / group->total_byte_size());
  }
  return std::max<std::int64_t>(rows, 1);
}

std::unique_ptr<parquet::arrow::FileReader> open_reader(const std::filesystem::path& path) {
  arrow::MemoryPool* pool = arrow::system_memory_pool();
  parquet::ReaderProperties properties(pool);
  properties.enable_buffered_stream();
  properties.set_buffer_size(kPageBufferBytes);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  auto file = parquet::ParquetFileReader::Open(open_input(path), properties);
  arrow_properties.set_batch_size(batch_rows(*file->metadata()));
  auto reader = parquet::arrow::FileReader::Make(pool, std::move(file), arrow_properties);
  check(reader.status());
  return *std::move(reader);
}

/// Names of the classes by column, which the Hub's `datasets` leaves in the footer.
std::map<std::string, std::vector<std::string>> class_names(const parquet::FileMetaData& metadata) {
  std::map<std::string, std::vector<std::string>> names;
  if (!metadata.key_value_metadata()) return names;
  const auto written = metadata.key_value_metadata()->Get("huggingface");
  if (!written.ok()) return names;
  const core::Json note = core::parse_json(*written);
  const core::Json* info = note.find("info");
  const core::Json* features = info ? info->find("features") : nullptr;
  if (!features || !features->is_object()) return names;
  for (const auto& [column, feature] : features->as_object()) {
    const core::Json* kind = feature.is_object() ? feature.find("_type") : nullptr;
    if (kind && *kind == core::Json("ClassLabel") && feature.find("names"))
      names[column] = feature.at("names").as_strings();
  }
  return names;
}

class ParquetRows : public FileRows {
 public:
  explicit ParquetRows(const std::filesystem::path& path) : path_(path.string()) {
    guarded([&] { open(path); });
  }

  bool next(Row& row) override {
    if ((!batch_ || at_ == batch_->num_rows()) && !next_batch()) return false;
    row.place = fmt::format("{}: row {}", path_, row_);
    core::Json::Object object(names_.size());
    for (std::size_t column = 0; column < names_.size(); ++column) {
      object[column].first = names_[column];
      object[column].second = cell(column);
    }
    row.columns = core::Json(std::move(object));
    ++at_;
    ++row_;
    return true;
  }
  const Schema& schema() const override { return schema_; }

 private:
  void open(const std::filesystem::path& path) {
    reader_ = open_reader(path);
    std::shared_ptr<arrow::Schema> columns;
    check(reader_->GetSchema(&columns));
    schema_.class_names = class_names(*reader_->parquet_reader()->metadata());
    take_columns(*columns);
  }

  void take_columns(const arrow::Schema& columns) {
    std::set<std::string> names;
    for (int i = 0; i < columns.num_fields(); ++i) {
      const arrow::Field& field = *columns.field(i);
      if (!names.insert(field.name()).second)
        throw core::FileError(path_, "two columns are called '" + field.name() + "'");
      schema_.columns.push_back(described(field));
      if (is_readable(*field.type())) {
        names_.push_back(field.name());
        add_leaves(reader_->manifest().schema_fields[static_cast<std::size_t>(i)]);
      } else {
        schema_.unread[field.name()] = field.type()->ToString();
      }
    }
    if (names_.empty()) throw core::FileError(path_, "no column of a type that is read: " + described_unread());
  }

  std::string described(const arrow::Field& field) const {
    std::string text = field.name() + ": " + type_name(*field.type());
    if (const auto found = schema_.class_names.find(field.name()); found != schema_.class_names.end())
      text += fmt::format(" of classes {}", fmt::join(found->second, "/"));
    return text;
  }

  std::string described_unread() const {
    std::string text;
    for (const auto& [name, type] : schema_.unread)
      text += fmt::format("{}'{}' is {}", text.empty() ? "" : ", ", name, type);
    return text;
  }

  /// Parquet counts the columns at the leaves of nested types.
  void add_leaves(const parquet::arrow::SchemaField& field) {
    if (field.is_leaf()) leaves_.push_back(field.column_index);
    for (const auto& child : field.children) add_leaves(child);
  }

  /// The next batch with rows into `batch_`; false at the end.
  bool next_batch() {
    do {
      if (!batch_ && !open_group()) return false;
      guarded([&] {
        check(batches_->ReadNext(&batch_));
        if (!batch_) end_group();
      });
    } while (!batch_ || batch_->num_rows() == 0);
    at_ = 0;
    return true;
  }

  bool open_group() {
    if (group_ + 1 == reader_->num_row_groups()) return false;
    ++group_;
    guarded([&] {
      auto batches = reader_->GetRecordBatchReader({group_}, leaves_);
      check(batches.status());
      batches_ = *std::move(batches);
    });
    return true;
  }

  /// Columns of different lengths end a batch early, without an error of Arrow.
  void end_group() {
    rows_of_groups_ += reader_->parquet_reader()->metadata()->RowGroup(group_)->num_rows();
    if (row_ != rows_of_groups_)
      throw std::runtime_error(fmt::format("the footer promises {} rows up to row group {}, the columns have {}",
                                           rows_of_groups_, group_, row_));
  }

  core::Json cell(std::size_t column) const {
    try {
      return cell_at(*batch_->column(static_cast<int>(column)), at_);
    } catch (const std::runtime_error& error) {
      throw core::FileError(path_, fmt::format("row {}: column '{}': {}", row_, names_[column], error.what()));
    }
  }

  /// Runs what reads the file; its errors get the file's name and how far it came.
  template <class Action>
  void guarded(Action action) const {
    try {
      action();
    } catch (const core::FileError&) {
      throw;
    } catch (const std::exception& error) {
      const std::string place = row_ > 0 ? fmt::format("behind row {}: ", row_ - 1) : "";
      throw core::FileError(path_, fmt::format("{}broken Parquet: {}: fetch the file again", place, error.what()));
    }
  }

  std::string path_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<std::string> names_;  // of the columns of a batch
  std::vector<int> leaves_;
  Schema schema_;
  std::int64_t at_ = 0;   // in the batch
  std::int64_t row_ = 0;  // in the file
  int group_ = -1;
  std::int64_t rows_of_groups_ = 0;  // that are done, by the footer
};

}  // namespace
}  // namespace tasks

extern "C" __attribute__((visibility("default"))) tasks::FileRows* cappy_open_parquet(const char* path) {
  return new tasks::ParquetRows(path);
}
