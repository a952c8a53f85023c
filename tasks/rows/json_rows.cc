#include <fmt/format.h>

#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "tasks/rows/file_rows.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

class JsonLineRows : public FileRows {
 public:
  JsonLineRows(std::unique_ptr<std::istream> in, const std::filesystem::path& path)
      : in_(std::move(in)), reader_(*in_, path.string()) {}

  bool next(Row& row) override {
    if (!reader_.next(record_)) return false;
    try {
      row.columns = record_.to_json();
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(reader_.name(), reader_.line(), error.what());
    }
    row.place = fmt::format("{}: line {}", reader_.name(), reader_.line());
    return true;
  }
  const Schema& schema() const override { return schema_; }

 private:
  std::unique_ptr<std::istream> in_;
  core::JsonLinesReader reader_;
  core::JsonRecord record_;
  Schema schema_;
};

class JsonListRows : public FileRows {
 public:
  explicit JsonListRows(const std::filesystem::path& path) : path_(path.string()) {
    try {
      list_ = core::parse_json(read_text(path));
      list_.as_array();
    } catch (const core::FileError&) {
      throw;
    } catch (const std::runtime_error& error) {
      throw core::FileError(path_, error.what());
    }
  }

  bool next(Row& row) override {
    auto& rows = std::get<core::Json::Array>(list_.value());
    if (next_ == rows.size()) return false;
    row.place = fmt::format("{}: row {}", path_, next_);
    row.columns = std::move(rows[next_]);
    rows[next_++] = nullptr;
    if (!row.columns.is_object()) throw core::FileError(row.place, "expected an object, found " + row.columns.kind());
    return true;
  }
  const Schema& schema() const override { return schema_; }

 private:
  std::string path_;
  core::Json list_;
  std::size_t next_ = 0;
  Schema schema_;
};

/// The first byte that is no white space of JSON, not taken; end of file where there is none.
int first_byte(std::istream& in) {
  std::streambuf& buffer = *in.rdbuf();
  int c = buffer.sgetc();
  while (c == ' ' || c == '\t' || c == '\n' || c == '\r') c = buffer.snextc();
  return c;
}

}  // namespace

std::unique_ptr<FileRows> open_json_lines(const std::filesystem::path& path) {
  return std::make_unique<JsonLineRows>(open_text(path), path);
}

std::unique_ptr<FileRows> open_json_list(const std::filesystem::path& path) {
  if (first_byte(*open_text(path)) == '{') return open_json_lines(path);
  return std::make_unique<JsonListRows>(path);
}

}  // namespace tasks
