#include "backbones/tokenizer/decoder.h"

#include <stdexcept>

#include "backbones/tokenizer/stages.h"
#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

// The length of the valid sequence at `at`, or of the broken one (then `valid` is false): the longest start of a
// sequence.
std::size_t sequence_length(std::string_view bytes, std::size_t at, bool& valid) {
  const auto byte = [&](std::size_t i) {
    return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0;
  };
  const int lead = byte(0);
  valid = true;
  if (lead < 0x80) return 1;
  valid = false;
  if (lead < 0xC2 || lead > 0xF4) return 1;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  int low = 0x80, high = 0xBF;  // of the second byte: no overlong forms, no surrogates, nothing above U+10FFFF
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < low || byte(i) > high) return i;
    low = 0x80;
    high = 0xBF;
  }
  valid = true;
  return length;
}

std::string join_metaspace(const Decoder& decoder, const std::vector<std::string>& pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    text += core::replace_all(pieces[i], decoder.replacement, i == 0 && decoder.drop_first ? "" : " ");
  }
  return text;
}

// The bytes that the characters of a piece stand for; a piece with another character is text as it is.
std::string bytes_of(const std::string& piece) {
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const Decoded c = decode_at(piece, at);
    const int byte = character_byte(c.code_point);
    if (byte < 0) return piece;
    bytes.push_back(static_cast<char>(byte));
    at += c.bytes;
  }
  return bytes;
}

std::string clean_up_spaces(std::string text) {
  constexpr std::pair<const char*, const char*> kReplacements[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kReplacements) text = core::replace_all(text, from, to);
  return text;
}

}  // namespace

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    bool valid;
    const std::size_t length = sequence_length(bytes, at, valid);
    text += valid ? bytes.substr(at, length) : "\uFFFD";
    at += length;
  }
  return text;
}

std::string piece_text(const Decoder& decoder, const std::string& piece) {
  switch (decoder.kind) {
    case Decoder::Kind::kNone:
      return " " + piece;
    case Decoder::Kind::kMetaspace:
      return core::replace_all(piece, decoder.replacement, " ");
    case Decoder::Kind::kByteLevel:
      return bytes_of(piece);
  }
  throw std::invalid_argument("an unknown decoder");
}

std::string decode_pieces(const Decoder& decoder, const std::vector<std::string>& pieces) {
  std::string text;
  switch (decoder.kind) {
    case Decoder::Kind::kNone:
      text = core::join(pieces, " ");
      break;
    case Decoder::Kind::kMetaspace:
      text = join_metaspace(decoder, pieces);
      break;
    case Decoder::Kind::kByteLevel:
      for (const std::string& piece : pieces) text += bytes_of(piece);
      text = replace_invalid_utf8(text);
      break;
  }
  return decoder.clean_up ? clean_up_spaces(std::move(text)) : text;
}

}  // namespace tokenizer
