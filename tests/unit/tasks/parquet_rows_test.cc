// Parquet as rows: types, class names, several files, what is left out, and broken files. Random nested files are
// compared with Arrow's Python binding in tests/golden/readers.py. This program links Arrow to write; the reader is the
// module that `cappy` loads.
#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <dlfcn.h>
#include <parquet/arrow/writer.h>
#include <zlib.h>

#include "harness/core/files.h"
#include "tasks/rows.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;

struct Column {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string cells;  // a JSON list
};

class ParquetRows : public TemporaryFolder {
 protected:
  fs::path write_parquet(const std::string& name, const std::vector<Column>& columns,
                         const std::string& metadata = "") const {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const Column& column : columns) {
      fields.push_back(arrow::field(column.name, column.type));
      arrays.push_back(arrow::json::ArrayFromJSONString(column.type, column.cells).ValueOrDie());
    }
    auto schema = arrow::schema(fields);
    if (!metadata.empty()) schema = schema->WithMetadata(arrow::key_value_metadata({"huggingface"}, {metadata}));
    return write_table(name, *arrow::Table::Make(schema, arrays));
  }
  fs::path write_table(const std::string& name, const arrow::Table& table) const {
    const auto out = arrow::io::FileOutputStream::Open((folder_ / name).string()).ValueOrDie();
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::UNCOMPRESSED)->build();
    const auto keep_schema = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    const auto status =
        parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, 2, properties, keep_schema);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return folder_ / name;
  }
  std::string read(const std::vector<fs::path>& files) const {
    const auto reader = open_rows(files);
    std::string text;
    while (const auto row = reader->next()) text += core::write_json(row->columns) + "\n";
    return text;
  }
  std::string error(const std::vector<fs::path>& files) const {
    std::string text = error_of([&] { read(files); });
    for (std::size_t at; (at = text.find(folder_.string() + "/")) != std::string::npos;)
      text.erase(at, folder_.string().size() + 1);
    return text;
  }
};

TEST_F(ParquetRows, EveryTypeGivesItsJson) {
  struct Case {
    std::shared_ptr<arrow::DataType> type;
    std::string cells, expected;  // expected: empty for the cells as they stand
  };
  const auto text = arrow::utf8();
  const std::vector<Case> cases = {
      {arrow::null(), "[null]", ""},
      {arrow::boolean(), "[true,false,null]", ""},
      {arrow::int8(), "[-128,127,null]", ""},
      {arrow::int16(), "[-32768]", ""},
      {arrow::int32(), "[-2147483648]", ""},
      {arrow::int64(), "[-9223372036854775808,9223372036854775807]", ""},
      {arrow::uint8(), "[255]", ""},
      {arrow::uint16(), "[65535]", ""},
      {arrow::uint32(), "[4294967295]", ""},
      {arrow::uint64(), "[9223372036854775807,18446744073709551615]", ""},
      {arrow::float16(), "[0.1]", "[0.0999755859375]"},
      {arrow::float32(), "[3.8,null]", "[3.799999952316284,null]"},
      {arrow::float64(), "[3.8]", ""},
      {text, R"(["é","",null])", ""},
      {arrow::large_utf8(), R"(["a"])", ""},
      {arrow::dictionary(arrow::int32(), text), R"(["b","a",null,"b"])", ""},
      {arrow::list(text), R"([["a",null],[],null])", ""},
      {arrow::large_list(arrow::int32()), "[[1,2],[]]", ""},
      {arrow::fixed_size_list(arrow::int32(), 2), "[[1,2],[3,4]]", ""},
      {arrow::struct_({arrow::field("text", arrow::list(text)), arrow::field("at", arrow::list(arrow::int32()))}),
       R"([{"text":["a","b"],"at":[1,2]},{"text":[],"at":null},null])", ""},
      {arrow::list(arrow::struct_({arrow::field("n", arrow::int8())})), R"([[{"n":1},{"n":null}],[null]])", ""},
  };
  for (const Case& each : cases) {
    const auto reader = open_rows({write_parquet("a.parquet", {{"c", each.type, each.cells}})});
    core::Json::Array cells;
    while (const auto row = reader->next()) cells.emplace_back(row->columns.at("c"));
    EXPECT_EQ(core::write_json(core::Json(std::move(cells))), each.expected.empty() ? each.cells : each.expected)
        << each.type->ToString();
  }
}

TEST_F(ParquetRows, PlacesCountTheRowsOfAFile) {
  const auto file = write_parquet("a.parquet", {{"n", arrow::int32(), "[1,2,3,4,5]"}});
  const auto reader = open_rows({file});
  std::string places;
  while (const auto row = reader->next()) places += row->place.substr(file.string().size());
  EXPECT_EQ(places, ": row 0: row 1: row 2: row 3: row 4");
}

TEST_F(ParquetRows, ClassNamesComeFromTheFooter) {
  const auto reader = open_rows({write_parquet(
      "a.parquet", {{"label", arrow::int64(), "[0]"}, {"n", arrow::int64(), "[0]"}},
      R"({"info":{"features":{"label":{"names":["no","yes"],"_type":"ClassLabel"},"n":{"dtype":"int64","_type":"Value"}}}})")});
  EXPECT_EQ(reader->class_names(), (std::map<std::string, std::vector<std::string>>{{"label", {"no", "yes"}}}));
  EXPECT_EQ(reader->unread_columns().size(), 0u);
  EXPECT_NE(error({write_parquet("b.parquet", {{"n", arrow::int64(), "[0]"}}, "{")}).find("b.parquet: "),
            std::string::npos);
}

TEST_F(ParquetRows, ColumnsOfOtherTypesAreLeftOutByName) {
  const auto image = arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
  const auto twice = arrow::struct_({arrow::field("a", arrow::int8()), arrow::field("a", arrow::int8())});
  const std::vector<Column> unread = {{"when", arrow::timestamp(arrow::TimeUnit::MICRO), "[null]"},
                                      {"image", image, "[null]"},
                                      {"twice", twice, "[null]"}};
  std::vector<Column> columns = unread;
  columns.insert(columns.begin() + 1, {"n", arrow::int32(), "[7]"});
  const auto file = write_parquet("a.parquet", columns);
  EXPECT_EQ(read({file}), "{\"n\":7}\n");
  EXPECT_EQ(open_rows({file})->unread_columns(),
            (std::map<std::string, std::string>{{"when", "timestamp[us]"},
                                                {"image", "struct<bytes: binary, path: string>"},
                                                {"twice", "struct<a: int8, a: int8>"}}));
  EXPECT_EQ(error({write_parquet("b.parquet", {unread[0]})}),
            "b.parquet: no column of a type that is read: 'when' is timestamp[us]");
}

TEST_F(ParquetRows, FilesOfASplitHaveOneSchema) {
  const auto a = write_parquet("a.parquet", {{"n", arrow::int32(), "[1]"}, {"s", arrow::utf8(), R"(["x"])"}});
  const auto large = write_parquet("b.parquet", {{"n", arrow::int32(), "[2]"}, {"s", arrow::large_utf8(), R"(["y"])"}});
  const auto other = write_parquet("c.parquet", {{"n", arrow::int64(), "[2]"}, {"s", arrow::utf8(), R"(["y"])"}});
  EXPECT_EQ(read({large, a}), "{\"n\":1,\"s\":\"x\"}\n{\"n\":2,\"s\":\"y\"}\n");
  EXPECT_EQ(error({a, other}),
            "c.parquet: other columns than in a.parquet: (n: int64, s: string), there (n: int32, s: string)");
  const std::string classes = R"({"info":{"features":{"n":{"names":["no","yes"],"_type":"ClassLabel"}}}})";
  const auto labelled =
      write_parquet("d.parquet", {{"n", arrow::int32(), "[1]"}, {"s", arrow::utf8(), R"(["x"])"}}, classes);
  EXPECT_EQ(error({a, labelled}),
            "d.parquet: other columns than in a.parquet: (n: int32 of classes no/yes, s: string), "
            "there (n: int32, s: string)");
}

TEST_F(ParquetRows, AFileCompressedAsAWholeIsUnpackedFirst) {
  const std::string content = core::read_file(write_parquet("a.parquet", {{"n", arrow::int32(), "[1]"}}));
  const std::string packed = (folder_ / "a.parquet.gz").string();
  gzFile out = gzopen(packed.c_str(), "wb");
  gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
  gzclose(out);
  EXPECT_EQ(read({packed}), "{\"n\":1}\n");
  write("b.parquet.gz", core::read_file(packed).substr(0, 30));
  EXPECT_EQ(error({folder_ / "b.parquet.gz"}),
            "b.parquet.gz: byte 30: the gzip stream is cut off: fetch the file again");
}

TEST_F(ParquetRows, ErrorsNameTheFileAndTheRow) {
  const auto text = arrow::utf8();
  const std::string content = core::read_file(write_parquet("a.parquet", {{"s", text, R"(["xx","yy","zz-marked"])"}}));
  for (std::size_t length = 0; length < content.size(); length += 7) {
    const std::string message = error({write("cut.parquet", content.substr(0, length))});
    EXPECT_EQ(message.substr(0, 13), "cut.parquet: ") << length << message;
  }
  EXPECT_EQ(
      error({write("text.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")}),
      "text.parquet: broken Parquet: Invalid: Parquet magic bytes not found in footer. Either the file is corrupted "
      "or this is not a parquet file.: fetch the file again");
  std::string foreign = content;
  for (std::size_t at; (at = foreign.find("zz-marked")) != std::string::npos;) foreign[at] = '\xE9';
  EXPECT_EQ(error({write("foreign.parquet", foreign)}),
            "foreign.parquet: row 2: column 's': a string that is not UTF-8");
  EXPECT_EQ(error({write_parquet("empty.parquet", {{"s", text, "[]"}})}), "empty.parquet: no rows");
  EXPECT_EQ(error({write_parquet("twice.parquet", {{"s", text, R"(["x"])"}, {"s", text, R"(["x"])"}})}),
            "twice.parquet: two columns are called 's'");
  EXPECT_EQ(error({folder_ / "absent.parquet"}).substr(0, 34), "absent.parquet: cannot be opened: ");
}

/// The library that gives a function to those who look for it through `handle`.
std::string provider(void* handle, const char* function) {
  Dl_info found{};
  void* address = ::dlsym(handle, function);
  return address && ::dladdr(address, &found) != 0 ? fs::path(found.dli_fname).filename().string() : "none";
}

/// libparquet exports an OpenSSL and a simdjson of other versions, which must serve nobody but itself.
TEST_F(ParquetRows, TheSystemsLibrariesComeBeforeThoseInsideParquet) {
  read({write_parquet("a.parquet", {{"n", arrow::int32(), "[1]"}})});
  const fs::path module = fs::read_symlink("/proc/self/exe").parent_path() / "cappy_parquet.so";
  void* const loaded = ::dlopen(module.c_str(), RTLD_NOW | RTLD_NOLOAD);
  ASSERT_NE(loaded, nullptr);
  for (void* handle : {RTLD_DEFAULT, loaded}) {
    EXPECT_EQ(provider(handle, "EVP_sha256"), "libcrypto.so.3");
    EXPECT_EQ(provider(handle, "_ZN8simdjson25get_active_implementationEv").substr(0, 14), "libsimdjson.so");
    EXPECT_EQ(provider(handle, "ACCESS_DESCRIPTION_it"), "libcrypto.so.3");
  }
}

}  // namespace
}  // namespace tasks
