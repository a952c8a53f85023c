// `spiece.model`: a protocol buffer (sentencepiece_model.proto). Read here: the pieces and the precompiled character
// map.
#pragma once

#include <string>
#include <vector>

namespace tokenizer {

struct SentencePieceFile {
  enum Type { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
  struct Piece {
    std::string text;
    float score = 0;
    int type = kNormal;
  };
  std::vector<Piece> pieces;
  std::string character_map;  // empty: none
  int model_type = 1;         // 1: Unigram
};

/// Throws core::FileError that names the path and the byte.
SentencePieceFile read_sentencepiece_file(const std::string& path);

}  // namespace tokenizer
