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

/// A folder of this process for the files that readers need.
std::filesystem::path scratch_folder();
/// Writes `text` there. Not core::write_file: that waits for the disk.
std::filesystem::path put(const std::string& name, const std::string& text);

/// Damages the seeds of all readers in turn for some seconds, prints the counts and removes the scratch folder. Returns
/// the exit code.
int run(const std::vector<Reader>& readers, int seconds, std::uint64_t seed);

}  // namespace fuzz
