// MessagePack, piece by piece: a value's head is read, its parts are the caller's to read next. Nothing is built, so a
// length that lies costs nothing. (The format: github.com/msgpack/msgpack, spec.md.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace checkpoint {

struct MsgpackHead {
  enum class Kind { kNil, kBoolean, kInteger, kFloat, kText, kArray, kMap, kExtension };
  Kind kind = Kind::kNil;
  std::uint64_t begin = 0;   // byte of the head
  std::int64_t integer = 0;  // of kInteger and kBoolean; the type of kExtension
  std::uint64_t count = 0;   // items of kArray, pairs of kMap
  std::string_view bytes;    // of kText (str and bin) and kExtension
};

/// "a number", "a map": for messages.
std::string kind_of(const MsgpackHead& head);

class MsgpackReader {
 public:
  /// Reads `file`, all bytes of a mapped file, from `begin` on.
  MsgpackReader(const std::filesystem::path& path, std::string_view file, std::uint64_t begin = 0);
  /// Throws core::FileError, as the following do.
  MsgpackHead next();
  MsgpackHead next(MsgpackHead::Kind kind, const std::string& what);  // an error where it is of another kind
  std::uint64_t position() const { return at_; }
  [[noreturn]] void fail(std::uint64_t byte, const std::string& message) const;

 private:
  std::string path_;
  std::string_view file_;
  std::uint64_t at_;

  std::string_view take(std::uint64_t count);
  std::uint64_t number(std::uint64_t bytes);
  void read_sized(unsigned char first, MsgpackHead& head);
};

}  // namespace checkpoint
