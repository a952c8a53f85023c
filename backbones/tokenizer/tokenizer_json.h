// The parts of a tokenizer from a `tokenizer.json`, the format of the tokenizers library.
#pragma once

#include <filesystem>
#include <string_view>

#include "backbones/tokenizer/pipeline.h"

namespace tokenizer {

/// Throws core::FileError that names the file, the key and, for a component that is not supported, its type. The file's
/// own truncation and padding are not taken over: the caller says how long a text may be.
Parts read_tokenizer_json(const std::filesystem::path& path);

/// A decimal number of JSON as serde_json reads it without its feature float_roundtrip: the digits as an integer,
/// rounded to float64, then one division or multiplication by a power of ten. For a quarter of T5's scores that is not
/// the nearest double.
double serde_number(std::string_view text);

}  // namespace tokenizer
