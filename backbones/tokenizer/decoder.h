// From pieces back to text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tokenizer {

/// How pieces become text again.
struct Decoder {
  enum class Kind {
    kNone,       // joined by blanks
    kMetaspace,  // `replacement` is a blank, but nothing in the first piece
    kByteLevel   // characters are bytes; what is not UTF-8 becomes U+FFFD
  } kind = Kind::kNone;
  std::string replacement = "\u2581";
  bool drop_first = true;  // kMetaspace
  /// Transformers' clean_up_tokenization_spaces: no blank before . ? ! , n't 'm 's 've 're and around '.
  bool clean_up = false;
};
std::string decode_pieces(const Decoder& decoder, const std::vector<std::string>& pieces);
/// What a piece adds in the middle of a text, in bytes.
std::string piece_text(const Decoder& decoder, const std::string& piece);
/// Bytes as text, each maximal piece of a broken sequence as U+FFFD.
std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace tokenizer
