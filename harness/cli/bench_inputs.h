// What `cappy bench` measures with: lines of a file, or texts made up of common words, always the same ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backbones/backbone.h"

namespace cli {

struct BenchInputs {
  std::vector<std::string> instructions;
  std::vector<backbones::InstructionResponse> pairs;  // empty where the file has no responses
};

/// Reads a file of JSON Lines with `instruction` and, in all lines or in none, `response`; at most `limit` lines, -1:
/// all. Throws core::FileError, also where there are no lines.
BenchInputs read_bench_inputs(const std::string& path, std::int64_t limit);

/// How many texts to make, and their numbers of words: a word is at least one token, so that a limit of as many tokens
/// cuts every text to exactly that limit.
struct MadeUp {
  std::int64_t instructions = 0, words = 0;
  std::int64_t responses = 0, response_words = 0;  // of each instruction
};
/// All instructions, and all responses of one instruction, are different.
BenchInputs make_bench_inputs(const MadeUp& wanted);

}  // namespace cli
