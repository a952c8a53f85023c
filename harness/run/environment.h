// Where a run happened: versions, machine, threads. Circumstances, never part of a result's key; only `arithmetic` is
// watched, since one stage never mixes two.
#pragma once

#include <filesystem>
#include <string>

#include "harness/core/json.h"

namespace run {

struct Environment {
  std::string arithmetic;  // instruction set and library: "AVX512, libtorch 2.13.0"
  core::Json facts;        // for environment.json
};

/// This machine and these libraries. `home` may be a git checkout, whose commit is noted.
Environment this_environment(const std::filesystem::path& home, int threads);

}  // namespace run
