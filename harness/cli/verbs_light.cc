#include <array>

#include "harness/cli/verbs.h"

namespace cli {

std::span<const Verb> light_verbs() {
  static const std::array verbs{
      Verb{"evaluate", "metrics of stored candidates, no model", run_evaluate},
      Verb{"pull", "fetch tasks, models and data sets from the Hugging Face Hub", run_pull},
      Verb{"render", "data set rows to instructions by a PromptSource template", run_render},
      Verb{"report", "tables of a finished run", run_report},
      Verb{"rouge", "Rouge-L of responses against references", run_rouge},
      Verb{"tasks", "list, show, validate and export tasks", run_tasks},
      Verb{"tokenize", "text to ids", run_tokenize},
  };
  return verbs;
}

}  // namespace cli
