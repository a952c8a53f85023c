// The small files that torch, safetensors and Flax's writer made (tests/fuzz/make_corpus.py).
#pragma once

#include <cstdlib>
#include <string>

#include "harness/core/files.h"

inline std::string corpus(const std::string& name) {
  const char* source = std::getenv("CAPPY_SOURCE");
  return core::read_file(std::string(source ? source : ".") + "/tests/fuzz/corpus/" + name);
}
