#include "tests/fuzz/fuzz.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace fuzz {

std::filesystem::path scratch_folder() {
  static const auto folder = std::filesystem::temp_directory_path() / fmt::format("cappy-fuzz-{}", ::getpid());
  std::filesystem::create_directories(folder);
  return folder;
}

std::vector<Reader> chosen(const std::vector<Reader>& readers) {
  const char* only = std::getenv("CAPPY_FUZZ_ONLY");
  std::vector<Reader> made;
  for (const Reader& reader : readers)
    if (!only || reader.name == only) made.push_back(reader);
  return made;
}

std::filesystem::path put(const std::string& name, const std::string& text) {
  static const std::filesystem::path folder = scratch_folder();
  std::ofstream(folder / name, std::ios::binary | std::ios::trunc) << text;
  return folder / name;
}

}  // namespace fuzz
