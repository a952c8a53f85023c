// A backbone and a scorer whose outputs are simple functions of their inputs, with counts of what they were asked; and
// folders that vanish.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/run/models.h"

namespace run::testing {

/// A new empty folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_text(const std::filesystem::path& path, const std::string& text);

/// What the fakes were asked for; `die_after` throws in the call with that number (0: never).
struct Calls {
  int opened = 0, made = 0, generated = 0, likelihoods = 0, scored = 0;
  int die_after = 0;
  int total() const { return generated + likelihoods + scored; }
};

/// Candidates are rotations of the instruction's words; log-likelihoods and scores are hashes of the texts, in [-10, 0]
/// and [0, 1].
ModelSource fake_models(Calls& calls);

/// What the fake backbone finds of a response.
double fake_log_likelihood(const std::string& instruction, const std::string& response);

/// Every file below a folder but those in `without`, as name and content.
std::vector<std::pair<std::string, std::string>> all_files(const std::filesystem::path& folder,
                                                           const std::vector<std::string>& without = {});

}  // namespace run::testing
