// Text files as rows: what Python's csv and json would say is in tests/golden/readers.py; here are the errors, the
// header line, several files, and compression that is cut or broken.
#include "tasks/rows.h"

#include <fmt/format.h>
#include <zstd.h>

#include "tasks/rows/text_stream.h"
#include "tests/unit/tasks/gzip.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using Format = TableFormat;
namespace fs = std::filesystem;

std::string zstd(const std::string& text) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size()));
  return packed;
}

class Rows : public TemporaryFolder {
 protected:
  /// The rows as JSON Lines.
  std::string read(const std::vector<fs::path>& files, const Format& format = {}) const {
    const auto reader = open_rows(files, format);
    std::string text;
    while (const auto row = reader->next()) text += core::write_json(row->columns) + "\n";
    return text;
  }
  /// The error of reading, without the folder.
  std::string error(const std::vector<fs::path>& files, const Format& format = {}) const {
    std::string text = error_of([&] { read(files, format); });
    for (std::size_t at; (at = text.find(folder_.string() + "/")) != std::string::npos;)
      text.erase(at, folder_.string().size() + 1);
    return text;
  }
  std::string error_of_table(const std::string& text, const Format& format = {}) const {
    return error({write("t.csv", text)}, format);
  }
};

Format named(std::vector<std::string> columns, Format::Header header = Format::Header::kNone) {
  Format format;
  format.columns = std::move(columns);
  format.header = header;
  return format;
}

TEST_F(Rows, PlacesNameLinesOfTextAndRowsOfLists) {
  const auto place_of_second = [](const fs::path& file) {
    const auto reader = open_rows({file});
    reader->next();
    return reader->next()->place.substr(file.string().size());
  };
  EXPECT_EQ(place_of_second(write("a.jsonl", "{}\n{}\n")), ": line 2");
  EXPECT_EQ(place_of_second(write("a.json", "[{}, {}]")), ": row 1");
  EXPECT_EQ(place_of_second(write("a.csv", "h\n\"x\ny\"\n\nz\n")), ": line 5");
}

TEST_F(Rows, TheFirstLineNamesTheColumnsOfATable) {
  EXPECT_EQ(read({write("a.csv", "a,\"b,c\"\n1,2\n\n3,\"x\ny\"\n")}),
            "{\"a\":\"1\",\"b,c\":\"2\"}\n{\"a\":\"3\",\"b,c\":\"x\\ny\"}\n");
  EXPECT_EQ(read({write("a.tsv", "a\tb\n1,5\t\n")}), "{\"a\":\"1,5\",\"b\":\"\"}\n");
  EXPECT_EQ(read({write("b.csv",
                        "\xEF\xBB\xBF"
                        "a\n1\n")}),
            "{\"a\":\"1\"}\n");
}

TEST_F(Rows, ColumnsMayBeNamedInsteadOfTheFirstLine) {
  const fs::path file = write("a.csv", ",b\n1,2\n");
  EXPECT_EQ(read({file}, named({"id", "b"}, Format::Header::kSkip)), "{\"id\":\"1\",\"b\":\"2\"}\n");
  EXPECT_EQ(read({file}, named({"id", "b"})), "{\"id\":\"\",\"b\":\"b\"}\n{\"id\":\"1\",\"b\":\"2\"}\n");
  EXPECT_EQ(
      error({file}),
      "a.csv: line 1: the name of column 1 is empty; name the columns in the task's file and skip the header line");
}

TEST_F(Rows, LinesOfAnotherLengthAreErrorsOrCounted) {
  const fs::path file = write("a.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n");
  EXPECT_EQ(error({file}), "a.csv: line 3: 1 cells, expected 2 (a, b): is the delimiter ',' right, is a quote open?");
  Format format;
  format.other_length = Format::OtherLength::kSkip;
  const auto reader = open_rows({file, file}, format);
  int rows = 0;
  while (reader->next()) ++rows;
  EXPECT_EQ(rows, 4);
  EXPECT_EQ(reader->skipped_lines(), 4);
  EXPECT_EQ(error({write("b.csv", "a\n1,2\n")}, format),
            "b.csv: no rows: all 1 lines were of another length and passed over");
}

TEST_F(Rows, ErrorsOfTablesNameTheLine) {
  EXPECT_EQ(error_of_table("a,b,a\n"),
            "t.csv: line 1: columns 1 and 3 are both called 'a'; name the columns in the task's file and skip the "
            "header line");
  EXPECT_EQ(error_of_table(""), "t.csv: is empty, expected a header line");
  EXPECT_EQ(error_of_table("\na\n"), "t.csv: line 1: is empty, expected the names of the columns");
  EXPECT_EQ(error_of_table("a\n"), "t.csv: no rows");
  EXPECT_EQ(error_of_table("a,b\nx,\xC3\xA9\n\"y\n\",\xE9\n"), "t.csv: line 3: cell 2 is not UTF-8");
  EXPECT_EQ(error_of_table(std::string("a\nb\n\"\nc\0d\"", 10)),
            "t.csv: line 4: a NUL byte: is this UTF-16? Tables are read as UTF-8");
  const std::string open_quote = "a\nx\n\"" + std::string((std::size_t{64} << 20) + 1, 'x');
  EXPECT_EQ(error({write("t.csv.zst", zstd(open_quote))}),
            "t.csv.zst: line 3: a record of more than 64 MiB: is a quote left open here?");
}

TEST_F(Rows, FormatsThatContradictThemselvesAreRefused) {
  Format same, nameless;
  same.delimiter = '"';
  nameless.header = Format::Header::kSkip;
  EXPECT_EQ(error_of_table("a\n1\n", same), "table format: the delimiter is also the quote");
  EXPECT_EQ(error_of_table("a\n1\n", nameless), "table format: without a header line, `columns` must name the columns");
  EXPECT_EQ(error_of_table("a\n1\n", named({"a"}, Format::Header::kFirstLine)),
            "table format: both the first line and `columns` name the columns");
}

TEST_F(Rows, ErrorsOfJsonNameTheLineOrTheRow) {
  EXPECT_NE(error({write("a.jsonl", "{\"a\":1}\n{\"a\":1,\"a\":2}\n")}).find("a.jsonl: line 2: "), std::string::npos);
  EXPECT_NE(error({write("a.jsonl", "{\"a\":1}\n[1]\n")}).find("a.jsonl: line 2: "), std::string::npos);
  EXPECT_NE(error({write("a.jsonl", "{\"a\":\"\xE9\"}\n")}).find("a.jsonl: line 1: "), std::string::npos);
  EXPECT_EQ(error({write("a.json", "[{}, 3]")}), "a.json: row 1: expected an object, found a number");
  EXPECT_EQ(error({write("a.json", "3")}), "a.json: expected a list, found a number");
  EXPECT_NE(error({write("a.json", "[{}")}).find("a.json: byte "), std::string::npos);
  EXPECT_EQ(error({write("a.json", "[]")}), "a.json: no rows");
  EXPECT_EQ(error({write("a.jsonl", "")}), "a.jsonl: no rows");
}

TEST_F(Rows, AJsonFileOfObjectsIsJsonLines) {
  EXPECT_EQ(read({write("a.json", " {\"a\":1}\n{\"a\":2}\n")}), "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(read({write("a.json", " \n [{\"a\":1},\n{\"a\":2}]\n")}), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(Rows, FilesFollowInTheOrderOfTheirNames) {
  const auto a = write("a.csv", "x,y\n1,2\n"), b = write("b.csv", "x,y\n"), c = write("c.csv", "x,y\n3,4\n");
  EXPECT_EQ(read({c, a, b}), "{\"x\":\"1\",\"y\":\"2\"}\n{\"x\":\"3\",\"y\":\"4\"}\n");
  EXPECT_EQ(error({b, b}), "b.csv: no rows in the split");
  EXPECT_EQ(error({a, write("d.csv", "x,z\n")}), "d.csv: other columns than in a.csv: (x, z), there (x, y)");
  EXPECT_EQ(error({a, write("d.tsv", "x\ty\n")}),
            "d.tsv: the files of a split are of one kind, but a.csv ends in .csv");
  EXPECT_EQ(error({write("a.txt", "x")}),
            "a.txt: rows are read from .parquet, .jsonl, .json, .csv, .tsv, each plain, .zst or .gz");
  EXPECT_EQ(error({folder_ / "absent.csv"}), "absent.csv: cannot be opened: No such file or directory");
}

/// A text larger than a block, so that it comes in parts.
std::string many_lines() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += fmt::format("{{\"a\":{}}}\n", i * 7919 % 100003);
  return text;
}

TEST_F(Rows, CompressedFilesMayHaveSeveralParts) {
  const std::string text = many_lines(), head = text.substr(0, 150000), tail = text.substr(150000);
  EXPECT_EQ(read({write("a.jsonl.zst", zstd(head) + zstd(tail))}), text);
  EXPECT_EQ(read({write("a.jsonl.gz", gzip(head) + std::string(3, '\0') + gzip(tail) + std::string(500, '\0'))}), text);
  EXPECT_EQ(read_text(write("a.zst", zstd("\xEF\xBB\xBFx") + zstd(""))), "x");
  EXPECT_EQ(read_text(write("a.gz", gzip("\xEF\xBB") + gzip("\xBFx"))), "x");
  EXPECT_EQ(read_text(write("short", "\xEF\xBB")), "\xEF\xBB");
}

TEST_F(Rows, CompressionThatIsCutOrBrokenNamesTheByte) {
  for (const auto& [ending, packed] : {std::pair(".zst", zstd(many_lines())), std::pair(".gz", gzip(many_lines()))}) {
    const std::string name = std::string("a.jsonl") + ending;
    const std::string method = ending[1] == 'z' ? "zstd frame" : "gzip stream";
    for (const std::size_t length : {packed.size() - 1, packed.size() / 2, std::size_t{5}, std::size_t{0}})
      EXPECT_EQ(error({write(name, packed.substr(0, length))}),
                fmt::format("{}: byte {}: the {} is cut off: fetch the file again", name, length, method));
    const std::string behind = error({write(name, packed + "behind")});
    EXPECT_NE(behind.find(fmt::format("{}: byte ", name)), std::string::npos) << behind;
    std::string changed = packed;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x55);
    const std::string broken = error({write(name, changed)});
    EXPECT_NE(broken.find(name + ": "), std::string::npos) << broken;
  }
}

TEST_F(Rows, FilesAreFoundPlainFirst) {
  write("a.json.gz", "");
  EXPECT_EQ(find_text(folder_ / "a.json"), folder_ / "a.json.gz");
  write("a.json.zst", "");
  EXPECT_EQ(find_text(folder_ / "a.json"), folder_ / "a.json.zst");
  EXPECT_EQ(find_text(folder_ / "b.json"), "");
  EXPECT_EQ(without_compression("d/a.json.zst"), "d/a.json");
  EXPECT_EQ(without_compression("d/a.json"), "d/a.json");
}

}  // namespace
}  // namespace tasks
