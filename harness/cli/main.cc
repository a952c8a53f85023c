// `cappy`: runs a verb without a model itself and executes `cappy-torch` beside it for the others.
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iostream>

#include "harness/cli/verbs.h"
#include "harness/core/errors.h"

namespace {

constexpr int kWrongUse = static_cast<int>(core::ExitCode::kWrongUse);

void print_help(std::ostream& out) {
  out << "cappy VERB [options]     cappy VERB --help tells more\n\nVerbs without a model:\n";
  for (const auto& verb : cli::light_verbs()) out << fmt::format("  {:<14} {}\n", verb.name, verb.summary);
  out << "\nVerbs with a model:\n";
  for (const auto& verb : cli::torch_verb_names()) out << fmt::format("  {:<14} {}\n", verb.name, verb.summary);
}

std::vector<std::string> all_names() {
  std::vector<std::string> names{"help", "--help", "--version"};
  for (const auto& verb : cli::light_verbs()) names.push_back(verb.name);
  for (const auto& verb : cli::torch_verb_names()) names.push_back(verb.name);
  return names;
}

/// Replaces this process; returns only where that failed.
int execute_torch(char** words) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cappy-torch";
  execv(program.c_str(), words);
  std::cerr << fmt::format("cappy: {}: {}; build the target cappy-torch\n", program.string(), std::strerror(errno));
  return static_cast<int>(core::ExitCode::kFailed);
}

}  // namespace

int main(int count, char** words) {
  const std::string name = count > 1 ? words[1] : "";
  if (name.empty()) {
    print_help(std::cerr);
    return kWrongUse;
  }
  if (name == "help" || name == "--help" || name == "-h") {
    print_help(std::cout);
    return 0;
  }
  if (name == "--version") {
    std::cout << "cappy " CAPPY_VERSION "\n";
    return 0;
  }
  for (const auto& verb : cli::light_verbs())
    if (verb.name == name) return cli::run_verb(verb, {words + 2, words + count});
  for (const auto& verb : cli::torch_verb_names())
    if (verb.name == name) return execute_torch(words);
  std::cerr << fmt::format("cappy: unknown verb '{}'{}; see cappy help\n", name, core::did_you_mean(name, all_names()));
  return kWrongUse;
}
