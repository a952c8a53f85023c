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
  int threads = 0;             // after `parse`: what --threads says, else the physical cores
  std::int64_t limit = -1;     // lines or instances; -1: all
  std::string progress = "auto";
  std::filesystem::path home;  // as --home says; find_home completes it
};

/// What a verb accepts beside the common options.
struct VerbSyntax {
  std::string verb;   // for messages: "rouge", "models new"
  std::string usage;  // what follows the verb in the usage line: "[options] < in.jsonl > out.jsonl"
  po::options_description own{"Options"};
  po::options_description hidden{};  // accepted but not shown: the names behind positional words
  po::positional_options_description positional{};
};

/// Parses `words`. Prints help and returns false where --help was given. Abbreviated option names are refused.
/// Throws core::UsageError ("unknown option --x (did you mean '--y'?)").
bool parse(const Words& words, const VerbSyntax& syntax, CommonOptions& common, po::variables_map& values);

/// The folder that holds tasks/ and configs/: --home, else CAPPY_HOME, else the nearest folder above the program that has both.
/// Throws core::UsageError.
std::filesystem::path find_home(const std::filesystem::path& given);

/// Cores of this machine, hyper-threads not counted; at least 1.
int physical_cores();

}  // namespace cli
