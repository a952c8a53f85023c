// `cappy-torch`: the verbs with a model. Users call it through `cappy`.
#include <iostream>

#include "harness/cli/verbs.h"
#include "harness/core/errors.h"

int main(int count, char** words) {
  const std::string name = count > 1 ? words[1] : "";
  for (const auto& verb : cli::torch_verbs())
    if (verb.name == name) return cli::run_verb(verb, {words + 2, words + count});
  std::cerr << "cappy-torch: call cappy instead\n";
  return static_cast<int>(core::ExitCode::kWrongUse);
}
