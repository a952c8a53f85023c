// Examples in front of an instruction, for in-context baselines: k rows of the training split, rendered by the
// instance's own template, instruction and target apart by `target_separator`, examples by `separator`.
#pragma once

#include <cstdint>
#include <string>

namespace tasks {

struct FewShot {
  std::int64_t k = 0;  // 0: none
  std::uint64_t seed = 0;
  std::string separator = "\n\n";      // lm-evaluation-harness' fewshot_delimiter
  std::string target_separator = " ";  // its target_delimiter
  bool balanced = false;               // classes in turn, so that each is shown as often as another
};

}  // namespace tasks
