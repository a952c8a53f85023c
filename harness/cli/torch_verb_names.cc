// The one list of names and summaries of the verbs with models: `cappy` prints it, `cappy-torch` adds the functions.
#include <array>

#include "harness/cli/verbs.h"

namespace cli {

std::span<const VerbName> torch_verb_names() {
  static const std::array names{
      VerbName{"bench", "speed of a model here, as a share of the machine"},
      VerbName{"generate", "candidates of a backbone"},
      VerbName{"loglikelihood", "log-likelihood of responses under a backbone"},
      VerbName{"models", "make and inspect model folders"},
      VerbName{"run", "an experiment file, start to report"},
      VerbName{"score", "the scorer's score of responses"},
  };
  return names;
}

}  // namespace cli
