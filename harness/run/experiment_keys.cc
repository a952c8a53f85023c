#include "harness/run/experiment_keys.h"

#include "harness/core/method_names.h"
#include "tasks/task_keys.h"

namespace run {
namespace {

using core::YamlShape;
using core::keys::boolean;
using core::keys::either;
using core::keys::integer;
using core::keys::later;
using core::keys::list_of;
using core::keys::map_of;
using core::keys::names_to;
using core::keys::number;
using core::keys::one_of;
using core::keys::optional;
using core::keys::required;
using core::keys::text;
using core::keys::text_or_texts;

YamlShape model_keys() {
  const YamlShape format = one_of({"float32", "float16", "bfloat16", "int8"});
  return map_of({
      optional("name", text(), "unique in its list; default: of the folder or the recipe"),
      optional("model", text(), "a folder in the layout of the Hub, or a Hub id"),
      optional("revision", text(), "of a model of the Hub: branch, tag or commit; default: main"),
      optional("new", text(), "a recipe of random weights, instead of `model`"),
      optional("seed", integer(0), "of new weights"),
      optional("weights", format, "storage that weights are rounded to before use; default: as stored"),
      optional("dtype", one_of({"float32", "bfloat16", "int8"}), "arithmetic; default: float32"),
      optional("label", text(), "of a scorer that tells several labels apart: the one whose probability is the score"),
      optional("device", text(), "cpu, cuda or cuda:N; default: cpu"),
      optional("family", text(), "flan, t0, opt-iml, …: marks tasks whose `source.seen_by` names it"),
      optional("command", text_or_texts(), "a program that answers JSON Lines and its arguments, instead of `model`"),
      optional("version", text(), "of the program: another one makes its results anew"),
      optional("timeout", number(), "seconds of silence of the program; default: 600"),
      optional("recorded", text(), "a file or folder of recorded candidates or scores, instead of `model`"),
      optional("format", one_of({"cappy", "flan_samples", "lm-eval"}), "of `recorded`; default: cappy"),
      later("adapt"),
      later("api"),
  });
}

YamlShape metric_keys() {
  return map_of({
      required("command", text_or_texts(), "a program that answers JSON Lines, and its arguments"),
      required("name", text(), "of the field that it adds, and of the metric in tables"),
      optional("version", text(), "another one makes its results anew"),
      optional("timeout", number(), "seconds of silence; default: 600"),
  });
}

YamlShape decoding_keys() {
  return map_of({
      optional("name", text(), "of the table's column; default: by the parameters"),
      optional("do_sample", boolean(), "draws instead of search; default: false"),
      optional("num_beams", integer(1), "default: 1"),
      optional("num_return_sequences", integer(1), "draws, or best beams; default: 1"),
      optional("temperature", number(), "default: 1"),
      optional("top_k", integer(0), "0: off; default: 50"),
      optional("top_p", number(), "1: off; default: 1"),
      optional("length_penalty", number(), "default: 1"),
      optional("early_stopping", either({boolean(), one_of({"never"})}), "default: false"),
      optional("stop_strings", text_or_texts(), "each ends an output, which keeps it; default: none"),
  });
}

YamlShape length_keys() {
  return map_of({
      optional("max_length", integer(2), "tokens of an output, the decoder start included; default: 64"),
      optional("min_length", integer(0), "tokens of an output, as the protocol counts it"),
      optional("max_source_length", integer(2), "tokens of an instruction; default: 512"),
      optional("max_response_length", integer(1), "tokens of a response whose log-likelihood is taken"),
      optional("max_pair_length", integer(5), "tokens of a scorer's pair; default: 512"),
      optional("truncation_side", one_of({"right", "left"}), "the end that is cut; default: right"),
  });
}

YamlShape task_option_keys() {
  return map_of({
      optional("templates", either({one_of({"original", "all", "with-choices"}), list_of(text())}),
               "of PromptSource: original, all, with-choices, or a list of names; of the task's own file: a list"),
      optional("split", text(), "the split that is measured"),
      optional("few_shot", tasks::few_shot_keys(), "examples in front of each instruction"),
      optional("limit", integer(1), "rows"),
  });
}

}  // namespace

const YamlShape& experiment_keys() {
  const YamlShape mean = one_of({"micro", "macro"});
  static const YamlShape shape = map_of({
      required("experiment", text(), "the name: a folder under runs/"),
      required("tasks", text_or_texts(), "tasks and groups"),
      optional("backbones", list_of(model_keys(), 0), "models that generate"),
      optional("decoding", either({text(), list_of(either({text(), decoding_keys()}))}),
               "greedy, beam:N, sample:N, paper (default), a file, or a list of them"),
      optional("scorers", list_of(model_keys(), 0), "models that score"),
      optional("methods", list_of(one_of({core::kMethodNames.begin(), core::kMethodNames.end()})),
               "how a prediction is chosen; default: those of the paper that the models allow"),
      optional("metric", metric_keys(), "of generation tasks, instead of Rouge-L: a fraction, the higher the better"),
      optional("protocol", one_of({"transformers", "cappy-2023"}),
               "the choices that public code makes silently; default: transformers"),
      optional("seeds",
               map_of({optional("generate", integer(0), "of sampling"),
                       optional("random", integer(0), "of the method random"), later("adapt")}),
               "default: 0"),
      optional("lengths", length_keys(), "limits in tokens"),
      optional("average",
               map_of({optional("templates", mean, "over the templates of a task; default: micro"),
                       optional("tasks", mean, "over the tasks of a table; default: macro")}),
               "micro: every instance weighs the same; macro: every template, or task"),
      optional("few_shot", tasks::few_shot_keys(), "instead of what the tasks say"),
      optional("task_options", names_to(task_option_keys()), "by task or group: what this experiment changes of it"),
      optional("limit", integer(1), "rows per task, each under every template"),
      later("sweep"),
      later("adapt"),
      later("reference"),
      later("executor"),
  });
  return shape;
}

core::Json experiment_schema() { return core::json_schema_document(experiment_keys(), "An experiment of Cappy Bench"); }

}  // namespace run
