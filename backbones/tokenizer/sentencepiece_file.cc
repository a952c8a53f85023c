#include "backbones/tokenizer/sentencepiece_file.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <string_view>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// One message on the wire: fields of (number, type, value), in any order.
class Message {
 public:
  Message(const std::string& path, std::string_view bytes, std::uint64_t first_byte)
      : path_(path), bytes_(bytes), first_byte_(first_byte) {}

  // The next field; false at the end. Then exactly one of the values below is to be read.
  bool next() {
    if (at_ == bytes_.size()) return false;
    const std::uint64_t tag = read_varint();
    number_ = tag >> 3;
    type_ = static_cast<int>(tag & 7);
    return true;
  }
  bool is(std::uint64_t number, WireType type) const {
    if (number_ != number) return false;
    if (type_ != type)
      fail(fmt::format("field {} has wire type {}, expected {}", number, type_, static_cast<int>(type)));
    return true;
  }
  std::uint64_t read_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of more than ten bytes");
  }
  float read_float() {
    std::uint32_t bits = 0;
    const std::string_view bytes = take(4);
    for (int i = 3; i >= 0; --i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    return std::bit_cast<float>(bits);
  }
  std::string_view read_bytes() { return take(read_varint()); }
  Message read_message() {
    const std::string_view bytes = read_bytes();
    return {path_, bytes, first_byte_ + at_ - bytes.size()};
  }
  void skip() {
    switch (type_) {
      case kVarint:
        read_varint();
        return;
      case kFixed64:
        take(8);
        return;
      case kBytes:
        read_bytes();
        return;
      case kFixed32:
        take(4);
        return;
      default:
        fail(fmt::format("unknown wire type {}: not a SentencePiece model", type_));
    }
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw core::FileError::at_byte(path_, first_byte_ + at_, message);
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail(fmt::format("the file ends, {} more bytes expected", count));
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  const std::string& path_;
  std::string_view bytes_;
  std::uint64_t first_byte_;  // in the file
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
  int type_ = 0;
};

SentencePieceFile::Piece read_piece(Message message) {
  SentencePieceFile::Piece piece;
  while (message.next()) {
    if (message.is(1, kBytes)) {
      piece.text = message.read_bytes();
      if (core::find_invalid_utf8(piece.text) != std::string_view::npos) message.fail("a piece is not UTF-8");
    } else if (message.is(2, kFixed32)) {
      piece.score = message.read_float();
    } else if (message.is(3, kVarint)) {
      piece.type = static_cast<int>(message.read_varint());
    } else {
      message.skip();
    }
  }
  return piece;
}

}  // namespace

SentencePieceFile read_sentencepiece_file(const std::string& path) {
  const std::string content = core::read_file(path);
  SentencePieceFile file;
  Message model(path, content, 0);
  while (model.next()) {
    if (model.is(1, kBytes)) {
      file.pieces.push_back(read_piece(model.read_message()));
    } else if (model.is(2, kBytes)) {
      Message trainer = model.read_message();
      while (trainer.next()) {
        if (trainer.is(3, kVarint)) {
          file.model_type = static_cast<int>(trainer.read_varint());
        } else {
          trainer.skip();
        }
      }
    } else if (model.is(3, kBytes)) {
      Message normalizer = model.read_message();
      while (normalizer.next()) {
        if (normalizer.is(2, kBytes)) {
          file.character_map = normalizer.read_bytes();
        } else {
          normalizer.skip();
        }
      }
    } else {
      model.skip();
    }
  }
  if (file.pieces.empty()) throw core::FileError(path, "holds no pieces: not a SentencePiece model");
  return file;
}

}  // namespace tokenizer
