#include <array>
#include <vector>

#include "harness/cli/verbs.h"

namespace cli {

std::span<const Verb> torch_verbs() {
  constexpr std::array functions{run_bench, run_generate, run_loglikelihood, run_models, run_run, run_score};
  static const auto verbs = [&] {
    const auto names = torch_verb_names();
    std::vector<Verb> list;
    for (std::size_t i = 0; i < functions.size(); ++i) list.push_back({names[i].name, names[i].summary, functions[i]});
    return list;
  }();
  return verbs;
}

}  // namespace cli
