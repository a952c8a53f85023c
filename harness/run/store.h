// The store of stage results, addressed by what they are made of. A result is one JSON line per instance in
// `<stage>/<key>.jsonl` and a manifest with count and SHA-256 that is written last: what has no manifest, or does not
// fit it, does not exist. While a stage runs its finished instances are in a journal, so that a killed run loses at
// most the batch in flight. One lock per result: of two runs that want the same result one computes and the other waits
// for it.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/core/progress.h"

namespace run {

/// Everything that can change a stage's result.
struct StageKey {
  std::string stage;  // "generate", "log-likelihood", "rouge", "score"
  core::Json inputs;  // an object
  /// SHA-256 of both.
  std::string hash() const;
};

/// What computing a batch gave: one JSON line (without newline) per instance, and the tokens that went through a model.
struct BatchResult {
  std::vector<std::string> lines;
  std::int64_t tokens = 0;
  std::exception_ptr failure = nullptr;  // what ended the stage after `lines`, which are kept; nullptr: nothing did
};

/// A stage ready to run.
struct StageWork {
  StageKey key;
  std::string title;              // for people: "generate rte with t5-mini"
  std::size_t count = 0;          // instances
  std::size_t batch = 64;         // instances computed between two writes; never changes a result
  std::string provenance;         // kernel set and the like: one stage never mixes two
  std::function<void()> prepare;  // opens the model, timed apart; called only where something is computed; may be empty
  std::function<BatchResult(std::size_t begin, std::size_t end)> compute;
};

struct StageResult {
  std::vector<core::Json> values;   // one per instance
  std::string sha256;               // of the result's bytes: the input of the stages that read it
  std::int64_t computed = 0;        // instances that this call computed; 0: all were there
  std::vector<core::Json> timings;  // a line per computed batch, of this and of earlier calls
};

/// Where a run says what it does: one line of text each.
using Say = std::function<void(const std::string&)>;

class Store {
 public:
  Store(std::filesystem::path folder, Say say, core::ProgressMode progress);
  /// The result: from the store where it is whole, else computed, continuing what a killed run left. Throws
  /// core::FileError and what `compute` throws.
  StageResult obtain(const StageWork& work);
  /// Removes a result, finished or not, that turned out to be wrong.
  void forget(const StageKey& key);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Files;
  bool read_finished(const StageWork& work, const Files& files, StageResult& result) const;
  std::vector<std::string> compute(const StageWork& work, const Files& files, StageResult& result) const;

  std::filesystem::path folder_;
  Say say_;
  core::ProgressMode progress_;
};

/// A text of lines, each with its newline.
std::string joined(const std::vector<std::string>& lines);

}  // namespace run
