// Random damage to files of rows: text, compressed text and Parquet.
//   fuzz_rows SECONDS SEED
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>

#include "tasks/rows.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/tasks/gzip.h"

namespace {

/// Nested columns in several row groups.
std::string small_parquet() {
  const auto text = arrow::utf8();
  const auto answers = arrow::struct_({arrow::field("text", arrow::list(text)), arrow::field("at", arrow::int32())});
  const auto schema = arrow::schema({arrow::field("text", text), arrow::field("answers", answers)});
  const auto table = arrow::Table::Make(
      schema, {arrow::json::ArrayFromJSONString(text, R"(["a","b",null,"a"])").ValueOrDie(),
               arrow::json::ArrayFromJSONString(
                   answers, R"([{"text":["x","y"],"at":1},{"text":[],"at":null},null,{"text":null,"at":2}])")
                   .ValueOrDie()});
  const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2).ok()) return "";
  return out->Finish().ValueOrDie()->ToString();
}

void read_all(const std::filesystem::path& file) {
  const auto reader = tasks::open_rows({file});
  while (reader->next()) continue;
}

fuzz::Reader reader_of(const std::string& file, const std::vector<std::string>& seeds) {
  return {file, seeds, [file](const std::string& text) { read_all(fuzz::put(file, text)); }};
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  return fuzz::run(
      {reader_of("rows.csv", {"id,a\n1,\"two\n\"\"lines\"\"\"\n\n3,x\r\n"}),
       reader_of("rows.tsv", {"id\ta\n1\t\"\"\n"}), reader_of("rows.jsonl", {"{\"a\": 1}\n{\"a\": [2, \"two\"]}\n"}),
       reader_of("rows.json", {R"([{"a": 1}, {"a": 2}])", "{\"a\": 1}\n"}),
       reader_of("rows.jsonl.gz", {gzip("{\"a\": 1}\n{\"a\": [2, \"two\"]}\n")}),
       reader_of("rows.parquet", {small_parquet()})},
      std::stoi(words[1]), std::stoull(words[2]));
}
