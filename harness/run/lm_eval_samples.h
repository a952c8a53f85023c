// A line of samples_<task>_<date>.jsonl, as lm-evaluation-harness writes it with --log_samples. `arguments` has the
// requests of a row: {"gen_args_0": {"arg_0": context, "arg_1": …}, …}, in older versions [[context, …], …]; `resps`
// has of each request the answers, one a repeat. A generation's argument 1 is its settings and its answer a text; a
// likelihood's argument 1 is the continuation and its answer [log-likelihood, is greedy], numbers written as texts.
#pragma once

#include <string>
#include <vector>

#include "harness/core/json_lines.h"
#include "harness/run/recorded_answers.h"

namespace run {

/// The different contexts of the line's requests. Throws std::runtime_error that names the field.
std::vector<std::string> lm_eval_instructions(const core::JsonRecord& record);

/// What the requests with this context were answered: repeats are draws of a decoding without a name. A continuation
/// counts without the blank in front (`target_delimiter`). Its end of sequence was not scored.
RecordedAnswers lm_eval_answers(const core::JsonRecord& record, const std::string& instruction);

}  // namespace run
