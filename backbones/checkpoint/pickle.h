// The part of Python's pickle, protocol 2, that torch.save writes: a stack machine of 33 instructions. Pickle calls
// what it names; this machine knows a handful of names (pickle_calls.h), resolves none and calls nothing. Everything it
// makes is bounded by the length of its input and by the limits of PickleHeap.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backbones/checkpoint/pickle_value.h"

namespace checkpoint {

/// Reads one pickle after the other. Errors name the file and the byte of the instruction.
class PickleReader {
 public:
  /// Bytes [begin, end) of a mapped file, of which `file` is all; values refer to it.
  PickleReader(const std::filesystem::path& path, std::string_view file, std::uint64_t begin);
  /// The value that the next pickle leaves. Throws core::FileError.
  PickleValue read(PickleHeap& heap);
  /// The byte behind what was read.
  std::uint64_t position() const { return at_; }
  [[noreturn]] void fail(std::uint64_t byte, const std::string& message) const;

 private:
  std::string path_;
  std::string_view file_;
  std::uint64_t at_;
};

}  // namespace checkpoint
