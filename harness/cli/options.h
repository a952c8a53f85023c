// Command-line options that several verbs share, with the defaults of the table in the README. Built on Boost.Program_options.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/cli/verbs.h"

namespace cli {

namespace po = boost::program_options;

/// Options that every verb takes: --threads, --limit, --progress, --home, --help.
struct CommonOptions {
  int threads = 0;           // 0: physical cores; 1 means one thread in all
  std::int64_t limit = -1;   // lines or instances; -1: all
  std::string progress = "auto";
  std::filesystem::path home;  // tasks, configs, templates; default: CAPPY_HOME, else relative to the binary
};

/// Parses `words` with the verb's own options plus the common ones. Prints help and returns false where --help was given.
/// Throws core::UsageError ("unknown option --x (did you mean --y?)").
bool parse(const Words& words, const std::string& verb, po::options_description& own,
           const po::positional_options_description& positional, CommonOptions& common, po::variables_map& values);

/// The folder that holds tasks/ and configs/: --home, else CAPPY_HOME, else the nearest parent of the binary that has `tasks`
/// and `configs`. Throws core::UsageError.
std::filesystem::path find_home(const std::filesystem::path& given);
int physical_cores();

}  // namespace cli
