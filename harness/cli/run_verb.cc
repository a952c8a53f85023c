#include <csignal>
#include <exception>
#include <iostream>

#include "harness/cli/verbs.h"
#include "harness/core/errors.h"

namespace cli {

int run_verb(const Verb& verb, const Words& words) {
  // A reader that goes away (`cappy … | head`) ends the program by a write error, not silently by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  try {
    const int code = verb.run(words);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "cappy " << verb.name << ": standard output cannot be written\n";
      return static_cast<int>(core::ExitCode::kFailed);
    }
    return code;
  } catch (const core::UsageError& error) {
    std::cout.flush();
    std::cerr << error.what() << '\n';
    return static_cast<int>(core::ExitCode::kWrongUse);
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "cappy " << verb.name << ": " << error.what() << '\n';
    return static_cast<int>(core::ExitCode::kFailed);
  }
}

}  // namespace cli
