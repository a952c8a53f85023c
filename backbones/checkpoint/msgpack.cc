#include "backbones/checkpoint/msgpack.h"

#include <fmt/format.h>

#include <array>

#include "harness/core/errors.h"

namespace checkpoint {

using Kind = MsgpackHead::Kind;

namespace {

const char* name_of(Kind kind) {
  constexpr std::array kinds{"nil", "a boolean", "a number", "a number", "a text", "a list", "a map", "an extension"};
  return kinds[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string kind_of(const MsgpackHead& head) { return name_of(head.kind); }

MsgpackReader::MsgpackReader(const std::filesystem::path& path, std::string_view file, std::uint64_t begin)
    : path_(path.string()), file_(file), at_(begin) {}

void MsgpackReader::fail(std::uint64_t byte, const std::string& message) const {
  throw core::FileError::at_byte(path_, byte, "msgpack: " + message);
}

std::string_view MsgpackReader::take(std::uint64_t count) {
  if (count > file_.size() - at_)
    fail(at_, fmt::format("{} bytes needed, {} left: cut off?", count, file_.size() - at_));
  const std::string_view bytes = file_.substr(at_, count);
  at_ += count;
  return bytes;
}

/// Big-endian, unsigned.
std::uint64_t MsgpackReader::number(std::uint64_t bytes) {
  std::uint64_t value = 0;
  for (const char c : take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

MsgpackHead MsgpackReader::next() {
  MsgpackHead head;
  head.begin = at_;
  const auto first = static_cast<unsigned char>(take(1)[0]);
  if (first <= 0x7f || first >= 0xe0) {
    head.kind = Kind::kInteger;
    head.integer = static_cast<signed char>(first);
  } else if (first <= 0x8f) {
    head.kind = Kind::kMap;
    head.count = first & 0x0f;
  } else if (first <= 0x9f) {
    head.kind = Kind::kArray;
    head.count = first & 0x0f;
  } else if (first <= 0xbf) {
    head.kind = Kind::kText;
    head.bytes = take(first & 0x1f);
  } else {
    read_sized(first, head);
  }
  return head;
}

/// The heads 0xc0 to 0xdf.
void MsgpackReader::read_sized(unsigned char first, MsgpackHead& head) {
  const auto log_bytes = [&](unsigned char base) { return std::uint64_t{1} << (first - base); };
  const auto extension = [&](std::uint64_t count) {
    head.kind = Kind::kExtension;
    head.integer = static_cast<signed char>(number(1));
    head.bytes = take(count);
  };
  if (first == 0xc0) return;
  if (first == 0xc2 || first == 0xc3) {
    head.kind = Kind::kBoolean;
    head.integer = first - 0xc2;
  } else if (first >= 0xc4 && first <= 0xc6) {  // bin
    head.kind = Kind::kText;
    head.bytes = take(number(log_bytes(0xc4)));
  } else if (first >= 0xc7 && first <= 0xc9) {
    extension(number(log_bytes(0xc7)));
  } else if (first == 0xca || first == 0xcb) {
    head.kind = Kind::kFloat;
    take(first == 0xca ? 4 : 8);
  } else if (first >= 0xcc && first <= 0xd3) {
    const std::uint64_t bytes = first <= 0xcf ? log_bytes(0xcc) : log_bytes(0xd0);
    const std::uint64_t value = number(bytes), unused = 64 - 8 * bytes;
    head.kind = Kind::kInteger;
    if (first == 0xcf && value >> 63) fail(head.begin, fmt::format("the number {} is too large", value));
    head.integer =
        first <= 0xcf ? static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value << unused) >> unused;
  } else if (first >= 0xd4 && first <= 0xd8) {
    extension(log_bytes(0xd4));
  } else if (first >= 0xd9 && first <= 0xdb) {  // str
    head.kind = Kind::kText;
    head.bytes = take(number(log_bytes(0xd9)));
  } else if (first >= 0xdc) {
    head.kind = first <= 0xdd ? Kind::kArray : Kind::kMap;
    head.count = number(first % 2 == 0 ? 2 : 4);
  } else {
    fail(head.begin, "the byte 0xc1, which the format does not use");
  }
}

MsgpackHead MsgpackReader::next(Kind kind, const std::string& what) {
  const MsgpackHead head = next();
  if (head.kind != kind) fail(head.begin, fmt::format("{}: expected {}, found {}", what, name_of(kind), kind_of(head)));
  return head;
}

}  // namespace checkpoint
