// Random damage to what readers take from outside. Every input must give a value or an exception; a crash, a hang or
// (in the asan preset) a report of a sanitizer is a finding, and the file `last` in the scratch folder says which
// reader and input it was.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace fuzz {

struct Reader {
  std::string name;
  std::vector<std::string> seeds;
  std::function<void(const std::string&)> read;
};

/// Those that CAPPY_FUZZ_ONLY names; all where it is not set.
std::vector<Reader> chosen(const std::vector<Reader>& readers);

/// A folder for the files that readers need.
std::filesystem::path scratch_folder();
/// Writes `text` there. Not core::write_file: that waits for the disk.
std::filesystem::path put(const std::string& name, const std::string& text);

/// Damages the seeds of the readers, each for an equal part of the time, prints the counts and removes the scratch
/// folder. In the preset `fuzz` libFuzzer does it (libfuzzer.cc), else random edits (damage.cc). CAPPY_FUZZ_ONLY names
/// one reader, to leave the others out. Returns the exit code.
int run(const std::vector<Reader>& readers, int seconds, std::uint64_t seed);

}  // namespace fuzz
