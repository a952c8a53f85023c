// How a network reads texts: which ids an instruction and a response are. The special tokens that a tokenizer puts
// around a text belong to an instruction; a response ends with the end of sequence, whatever the architecture.
#pragma once

#include <cstdint>
#include <string_view>

#include "backbones/options.h"
#include "backbones/tokenizer/tokenizer.h"

namespace backbones {

enum class Architecture {
  kEncoderDecoder,  // both texts as the tokenizer gives them, each with its end of sequence (T5)
  kDecoderOnly      // a response follows the instruction without the special tokens in front (OPT's `</s>`)
};

class Reading {
 public:
  /// `tokenizer` must outlive this.
  Reading(Architecture architecture, const tokenizer::Tokenizer& tokenizer, std::int32_t end_token);

  /// At most `max_length` ids in all, cut on one side.
  tokenizer::Encoding instruction(std::string_view text, std::int64_t max_length, tokenizer::TruncationSide side) const;
  /// At most `max_length` ids, end of sequence included, cut on the right.
  tokenizer::Encoding response(std::string_view text, std::int64_t max_length = kNoLimit) const;

 private:
  Architecture architecture_;
  const tokenizer::Tokenizer& tokenizer_;
  std::int32_t end_token_;
  std::size_t leading_ = 0, trailing_ = 0;  // special tokens around a text
};

}  // namespace backbones
