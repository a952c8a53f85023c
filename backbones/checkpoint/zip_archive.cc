#include "backbones/checkpoint/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "backbones/checkpoint/printable.h"
#include "harness/core/errors.h"

namespace checkpoint {
namespace {

// Records of the format (APPNOTE.TXT 4.3 and 4.5): signature and length without what varies.
constexpr std::uint64_t kLocal = 0x04034b50, kLocalBytes = 30;
constexpr std::uint64_t kCentral = 0x02014b50, kCentralBytes = 46;
constexpr std::uint64_t kEnd = 0x06054b50, kEndBytes = 22;
constexpr std::uint64_t kEnd64 = 0x06064b50, kEnd64Bytes = 56;
constexpr std::uint64_t kLocator64 = 0x07064b50, kLocator64Bytes = 20;
constexpr std::uint64_t kLongestComment = 0xffff, kIn64 = 0xffffffff;
constexpr std::uint64_t kExtra64 = 1;
constexpr std::uint64_t kMostEntries = 1'000'000;

struct Directory {
  std::uint64_t begin = 0, bytes = 0, entries = 0, end = 0;  // `end`: where the next record begins
};

struct Listed {
  std::string_view name;
  std::uint64_t record = 0, local = 0, bytes = 0;  // places of the two headers; bytes of the entry
};

class Zip {
 public:
  Zip(const std::filesystem::path& path, std::string_view file) : path_(path.string()), file_(file) {}

  std::map<std::string_view, ZipEntry> entries() const {
    const Directory directory = find_directory();
    std::vector<Listed> list = read_directory(directory);
    std::sort(list.begin(), list.end(), [](const Listed& a, const Listed& b) { return a.local < b.local; });
    std::map<std::string_view, ZipEntry> made;
    std::uint64_t free = 0;  // behind the last entry
    for (const Listed& listed : list) {
      if (listed.local < free) fail(listed.local, fmt::format("'{}' overlaps another entry", printable(listed.name)));
      const ZipEntry entry = locate(listed);
      if (entry.end > directory.begin)
        fail(listed.local, fmt::format("'{}' has {} bytes and so runs into the directory at byte {}",
                                       printable(listed.name), listed.bytes, directory.begin));
      free = entry.end;
      if (!made.emplace(listed.name, entry).second)
        fail(listed.record, fmt::format("a second entry '{}'", printable(listed.name)));
    }
    return made;
  }

 private:
  [[noreturn]] void fail(std::uint64_t byte, const std::string& message) const {
    throw core::FileError::at_byte(path_, byte, "zip: " + message);
  }

  /// Little-endian.
  std::uint64_t number(std::uint64_t at, std::uint64_t bytes) const {
    if (at > file_.size() || bytes > file_.size() - at) fail(file_.size(), "the file ends within a record: cut off?");
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < bytes; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(file_[at + i])} << (8 * i);
    return value;
  }

  std::string_view text(std::uint64_t at, std::uint64_t bytes) const {
    if (at > file_.size() || bytes > file_.size() - at) fail(file_.size(), "the file ends within a name: cut off?");
    return file_.substr(at, bytes);
  }

  std::uint64_t find_end() const {
    if (file_.size() >= kEndBytes)
      for (std::uint64_t comment = 0; comment <= std::min<std::uint64_t>(kLongestComment, file_.size() - kEndBytes);
           ++comment)
        if (const std::uint64_t at = file_.size() - kEndBytes - comment;
            number(at, 4) == kEnd && number(at + 20, 2) == comment)
          return at;
    fail(file_.size(), "no end of the directory: cut off?");
  }

  Directory find_directory() const {
    const std::uint64_t end = find_end();
    if (end < kLocator64Bytes || number(end - kLocator64Bytes, 4) != kLocator64)
      return checked({number(end + 16, 4), number(end + 12, 4), number(end + 10, 2), end});
    const std::uint64_t at = number(end - kLocator64Bytes + 8, 8);
    if (at > end || end - at < kEnd64Bytes || number(at, 4) != kEnd64)
      fail(end - kLocator64Bytes, "no zip64 directory where it should be");
    return checked({number(at + 48, 8), number(at + 40, 8), number(at + 32, 8), at});
  }

  Directory checked(const Directory& found) const {
    if (found.begin > found.end || found.bytes != found.end - found.begin)
      fail(found.end,
           fmt::format("a directory from byte {} with {} bytes does not end here", found.begin, found.bytes));
    if (found.entries > kMostEntries) fail(found.end, fmt::format("{} entries", found.entries));
    return found;
  }

  std::vector<Listed> read_directory(const Directory& directory) const {
    std::vector<Listed> list;
    std::uint64_t at = directory.begin;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      list.push_back(listed(at));
      at += kCentralBytes + number(at + 28, 2) + number(at + 30, 2) + number(at + 32, 2);
    }
    if (at != directory.end)
      fail(at, fmt::format("the directory's {} entries end here, not at byte {}", directory.entries, directory.end));
    return list;
  }

  Listed listed(std::uint64_t at) const {
    if (number(at, 4) != kCentral) fail(at, "no entry of the directory");
    Listed made{text(at + kCentralBytes, number(at + 28, 2)), at, number(at + 42, 4), number(at + 24, 4)};
    std::uint64_t packed = number(at + 20, 4);
    if (number(at + 8, 2) & 1) fail(at, fmt::format("'{}' is encrypted", printable(made.name)));
    if (number(at + 10, 2) != 0)
      fail(at, fmt::format("'{}' is compressed; torch.save does not compress", printable(made.name)));
    read_extra(at, {&made.bytes, &packed, &made.local});
    if (packed != made.bytes)
      fail(at, fmt::format("'{}' is stored in {} bytes, but has {}", printable(made.name), packed, made.bytes));
    return made;
  }

  /// Fills, in the order of the format, the numbers that did not fit their 32 bits.
  void read_extra(std::uint64_t record, std::initializer_list<std::uint64_t*> numbers) const {
    if (std::none_of(numbers.begin(), numbers.end(), [](const auto* n) { return *n == kIn64; })) return;
    std::uint64_t at = record + kCentralBytes + number(record + 28, 2);
    const std::uint64_t end = at + number(record + 30, 2);
    while (at + 4 <= end && number(at, 2) != kExtra64) at += 4 + number(at + 2, 2);
    if (at + 4 > end) fail(record, "an entry without its zip64 sizes");
    const std::uint64_t field_end = at + 4 + number(at + 2, 2);
    at += 4;
    for (std::uint64_t* wanted : numbers) {
      if (*wanted != kIn64) continue;
      if (field_end > end || at + 8 > field_end) fail(record, "an entry without its zip64 sizes");
      *wanted = number(at, 8);
      at += 8;
    }
  }

  /// The content begins behind the local header, whose extra field pads it.
  ZipEntry locate(const Listed& entry) const {
    const std::string name = printable(entry.name);
    if (entry.local > file_.size() || number(entry.local, 4) != kLocal)
      fail(entry.record, fmt::format("'{}' has no header at byte {}", name, entry.local));
    const std::uint64_t name_bytes = number(entry.local + 26, 2);
    if (number(entry.local + 8, 2) != 0 || text(entry.local + kLocalBytes, name_bytes) != entry.name)
      fail(entry.local, fmt::format("the header does not agree with the directory's '{}'", name));
    const std::uint64_t begin = entry.local + kLocalBytes + name_bytes + number(entry.local + 28, 2);
    if (begin > file_.size() || entry.bytes > file_.size() - begin)
      fail(entry.local, fmt::format("'{}' has {} bytes, the file ends at byte {}", name, entry.bytes, file_.size()));
    return {begin, begin + entry.bytes};
  }

  std::string path_;
  std::string_view file_;
};

}  // namespace

std::map<std::string_view, ZipEntry> read_zip(const std::filesystem::path& path, std::string_view file) {
  return Zip(path, file).entries();
}

}  // namespace checkpoint
