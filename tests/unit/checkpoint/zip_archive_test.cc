#include "backbones/checkpoint/zip_archive.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/backbones/temporary_folder.h"
#include "tests/unit/checkpoint/corpus.h"

namespace {

using checkpoint::read_zip;
using checkpoint::ZipEntry;

std::string number(std::uint64_t value, int bytes) {
  std::string made;
  for (int i = 0; i < bytes; ++i) made.push_back(i < 8 ? static_cast<char>(value >> (8 * i)) : '\0');
  return made;
}

/// An entry of an archive, with what a test wants to lie about.
struct Entry {
  std::string name = {}, content = {};
  int method = 0, flags = 0;
  std::int64_t packed = -1, size = -1, local = -1;  // -1: the truth
  std::string local_name = {}, extra = {}, local_extra = {};
};

struct Archive {
  std::vector<Entry> entries = {};
  std::int64_t count = -1, directory = -1;
  std::string comment = {};

  std::string bytes() const {
    std::string file, central;
    for (const Entry& e : entries) {
      const std::uint64_t local = e.local < 0 ? file.size() : static_cast<std::uint64_t>(e.local);
      const std::uint64_t size = e.size < 0 ? e.content.size() : static_cast<std::uint64_t>(e.size);
      const std::uint64_t packed = e.packed < 0 ? size : static_cast<std::uint64_t>(e.packed);
      const std::string& name = e.local_name.empty() ? e.name : e.local_name;
      central += "PK\1\2" + number(0, 4) + number(e.flags, 2) + number(e.method, 2) + number(0, 8) + number(packed, 4) +
                 number(size, 4) + number(e.name.size(), 2) + number(e.extra.size(), 2) + number(0, 10) +
                 number(local, 4) + e.name + e.extra;
      file += "PK\3\4" + number(0, 2) + number(e.flags, 2) + number(e.method, 2) + number(0, 16) +
              number(name.size(), 2) + number(e.local_extra.size(), 2) + name + e.local_extra + e.content;
    }
    const std::uint64_t begin = directory < 0 ? file.size() : static_cast<std::uint64_t>(directory);
    const std::uint64_t many = count < 0 ? entries.size() : static_cast<std::uint64_t>(count);
    return file + central + "PK\5\6" + number(0, 4) + number(many, 2) + number(many, 2) + number(central.size(), 4) +
           number(begin, 4) + number(comment.size(), 2) + comment;
  }
};

std::string error(const std::string& bytes) {
  return error_of([&] { read_zip("file", bytes); });
}

TEST(ZipArchive, FindsEntriesBehindTheirLocalHeaders) {
  const std::string file =
      Archive{{{"a", "first"}, {.name = "b/c", .content = "second", .local_extra = "padding"}}, -1, -1, "a comment"}
          .bytes();
  const auto entries = read_zip("file", file);
  ASSERT_EQ(entries.size(), 2u);
  const auto content = [&](const char* name) {
    return file.substr(entries.at(name).begin, entries.at(name).end - entries.at(name).begin);
  };
  EXPECT_EQ(content("a"), "first");
  EXPECT_EQ(content("b/c"), "second");
}

TEST(ZipArchive, TakesNumbersThatDidNotFitFromTheExtraField) {
  const std::string zip64 =
      "\7\7" + number(2, 2) + "xx" + number(1, 2) + number(24, 2) + number(5, 8) + number(5, 8) + number(0, 8);
  const std::string file = Archive{
      {{.name = "a",
        .content = "first",
        .packed = 0xffffffff,
        .size = 0xffffffff,
        .local = 0xffffffff,
        .extra = zip64}}}.bytes();
  const ZipEntry entry = read_zip("file", file).at("a");
  EXPECT_EQ(file.substr(entry.begin, entry.end - entry.begin), "first");
  for (std::size_t cut : {1u, 8u, 16u, 24u, 28u})
    EXPECT_NE(error(Archive{{{.name = "a",
                              .content = "first",
                              .packed = 0xffffffff,
                              .size = 0xffffffff,
                              .local = 0xffffffff,
                              .extra = zip64.substr(0, zip64.size() - cut)}}}
                        .bytes())
                  .find("zip64 sizes"),
              std::string::npos);
}

TEST(ZipArchive, RefusesWhatLies) {
  const std::vector<std::pair<Archive, std::string>> cases = {
      {{{{.name = "a", .content = "x", .method = 8}}}, "'a' is compressed"},
      {{{{.name = "a", .content = "x", .flags = 1}}}, "'a' is encrypted"},
      {{{{.name = "a", .content = "x", .packed = 0, .size = 1}}}, "stored in 0 bytes, but has 1"},
      {{{{.name = "a", .content = "x", .size = 1'000'000}}}, "has 1000000 bytes, the file ends"},
      {{{{.name = "a", .content = "x", .local = 1'000'000}}}, "has no header at byte 1000000"},
      {{{{.name = "a", .content = "x", .local = 3}}}, "has no header at byte 3"},
      {{{{.name = "a", .content = "x", .local_name = "b"}}}, "does not agree with the directory's 'a'"},
      {{{{"a", "x"}, {"a", "y"}}}, "a second entry 'a'"},
      {{{{.name = "a", .content = "xyz", .size = 3}, {.name = "b", .content = "xyz", .local = 0, .local_name = "a"}}},
       "overlaps"},
      {{{{.name = "a", .content = "x", .size = 20}, {"b", "y"}}}, "overlaps"},
      {{{{.name = "a", .content = "x", .size = 40}}}, "runs into the directory"},
      {{{{"a", "x"}}, 2}, "no entry of the directory"},
      {{{{"a", "x"}, {"b", "y"}}, 1}, "1 entries end here"},
      {{{{"a", "x"}}, -1, 0}, "does not end here"},
      {{{{"a", "x"}}, -1, 5'000'000}, "does not end here"},
      {{{{.name = "a", .content = "x", .local = 0xffffffff}}}, "zip64 sizes"},
  };
  for (const auto& [archive, message] : cases) {
    EXPECT_NE(error(archive.bytes()).find(message), std::string::npos) << message << ": " << error(archive.bytes());
    EXPECT_NE(error(archive.bytes()).find("file: byte"), std::string::npos);
  }
  EXPECT_NE(error("").find("no end of the directory"), std::string::npos);
  EXPECT_NE(error("PK\5\6").find("no end of the directory"), std::string::npos);
}

TEST(ZipArchive, EveryCutAndEveryByteOfARealArchiveIsHandled) {
  std::string file = corpus("torch/zip.bin");
  EXPECT_EQ(error(file), "");
  for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(error(file.substr(0, size)), "") << size;
  for (std::size_t at = 0; at < file.size(); ++at) {  // an answer or an error; the sanitizers watch
    file[at] = static_cast<char>(file[at] ^ 0xff);
    error(file);
    file[at] = static_cast<char>(file[at] ^ 0xff);
  }
}

}  // namespace
