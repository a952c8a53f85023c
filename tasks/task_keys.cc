#include "tasks/task_keys.h"

#include "tasks/loader_scripts.h"

namespace tasks {
namespace {

using core::YamlShape;
using core::keys::boolean;
using core::keys::either;
using core::keys::integer;
using core::keys::list_of;
using core::keys::map_of;
using core::keys::names_to;
using core::keys::one_of;
using core::keys::optional;
using core::keys::required;
using core::keys::text;
using core::keys::text_or_texts;

YamlShape table_keys() {
  return map_of({
      optional("header", one_of({"first-line", "skip", "none"}),
               "first-line (default): names the columns; skip: passed over; none: there is none. The last two need "
               "`columns`"),
      optional("columns", list_of(text()), "names of the columns, in order"),
      optional("delimiter", text(), "one character; default: by the ending of the file, ',' for .csv, tab for .tsv"),
      optional("quote", text(), "one character, or none; default: '\"'"),
      optional("skip_initial_space", boolean(), "blanks after a delimiter are passed over; default: false"),
      optional("other_length", one_of({"error", "skip"}), "lines with fewer or more cells; default: error"),
  });
}

YamlShape column_type() {
  return either({one_of({"string", "integer", "number", "boolean", "list", "object"}), list_of(text())});
}

YamlShape data_keys() {
  return map_of({
      optional("hub", text(), "data set of the Hugging Face Hub: ORG/NAME"),
      optional("bigbench", text(), "task of BIG-bench: the folder with its task.json"),
      optional("local", text(),
               "rows beside this file: PREFIX.SPLIT.jsonl, PREFIX/SPLIT.csv, … Instead: `files` alone"),
      optional("authors", one_of({"promptsource_test", "bigbench"}),
               "a file of the published repository, whose lines are instances already; `config` names its set"),
      optional("config", text(), "configuration of a Hub data set, or set of an authors' file"),
      optional("revision", text(), "commit, tag or branch on the Hub; default: main"),
      optional("split", text(), "the split that is measured; without it the task is for training alone"),
      optional("train", text(), "the split for training and for examples"),
      optional("files", names_to(text_or_texts()),
               "by split: paths or patterns (*, ?, **), relative to the repository, the mapped folder or this file"),
      optional("rows", names_to(integer(0)), "by split: the number of rows; another number is an error"),
      optional("columns", names_to(column_type()),
               "by column: string, integer, number, boolean, list, object, or the list of its class names; checked at "
               "every row"),
      optional("table", table_keys(), "how CSV and TSV files are written; defaults: as Python's csv module"),
      optional("rename", names_to(text()), "by raw name: the name that the Hub's loader gives the column"),
      optional("loader", one_of(loader_scripts()), "a detail of the Hub's loading script that no other key can say"),
  });
}

YamlShape inline_template(bool named) {
  std::vector<core::YamlKey> keys = {
      required("instruction", text(), "Jinja over the columns of a row: what the model reads"),
      optional("target", text(), "Jinja: the right answer; with choices it must be one of them"),
      optional("choices", text(), "Jinja: the answers, apart by |||; `answer_choices` in the other two"),
  };
  if (named) keys.insert(keys.begin(), required("name", text(), "part of the instances' ids"));
  return map_of(keys);
}

YamlShape prompt_keys() {
  std::vector<core::YamlKey> keys = {
      optional("promptsource", text(), "data set of PromptSource: super_glue/rte"),
      optional("templates",
               either({one_of({"original", "all", "with-choices"}), list_of(either({text(), inline_template(true)}))}),
               "of PromptSource: original (default), all, with-choices, or a list of names; without PromptSource: a "
               "list of phrasings"),
      optional("truncate", boolean(),
               "of PromptSource: values of more than 2,048 characters are cut, as its own code does; default: true"),
      optional("seed", integer(0), "of the filters `choice` and `random`; default: 0"),
  };
  for (core::YamlKey key : inline_template(false).keys) {
    key.required = false;
    key.meaning += " (one phrasing, instead of `templates`)";
    keys.push_back(std::move(key));
  }
  return map_of(keys);
}

YamlShape label_keys() {
  return map_of({
      required("column", text(), "the column of the label"),
      optional("names", list_of(text_or_texts()),
               "the classes in the order of their ids; a list where raw files spell one otherwise: [entailment, e]"),
      optional("missing", integer(), "label of unlabelled rows; default: -1"),
  });
}

YamlShape source_keys() {
  return map_of({
      optional("homepage", text(), "address of the publisher"),
      optional("licence", text(), "terms of the data"),
      optional("note", text(), "what a reader of the numbers should know"),
      optional("unproven", boolean(), "the rows were never compared with an independent source; default: false"),
      optional("seen_by", list_of(text()), "families of models that had the set in training: flan, t0, opt-iml"),
  });
}

}  // namespace

YamlShape few_shot_keys() {
  return map_of({
      required("k", integer(0), "examples in front of each instruction, from the training split"),
      optional("seed", integer(0), "of their choice; default: 0"),
      optional("separator", text(), "between examples; default: an empty line"),
      optional("target_separator", text(), "between an example's instruction and its answer; default: a blank"),
      optional("balanced", boolean(), "classes in turn; default: false"),
  });
}

const YamlShape& task_keys() {
  static const YamlShape shape = map_of({
      required("task", text(), "the name; unique among all task files"),
      optional("group", text_or_texts(), "groups that the task belongs to"),
      optional("description", text(), "one sentence for people"),
      required("kind", one_of({"classification", "generation", "mixed"}),
               "classification: one of the choices is right; generation: compared with references; mixed: for training "
               "alone, each template decides"),
      required("data", data_keys(), "where the rows come from: one of hub, bigbench, local, authors, or files alone"),
      optional("prompt", prompt_keys(), "how a row becomes an instruction"),
      optional("label", label_keys(), "classification: the class of a row"),
      optional("references", map_of({required("column", text(), "a column with a text or a list of texts")}),
               "generation: where the references stand, unless a template's target says it"),
      optional("metric", one_of({"rouge_l", "accuracy"}),
               "default: rouge_l for generation, accuracy for classification"),
      optional("few_shot", few_shot_keys(), "examples in front of the instruction, for in-context baselines"),
      optional("mixture", map_of({required("cap", integer(0), "examples of all templates of a larger set; 0: all")}),
               "rates of a training mixture"),
      optional("source", source_keys(), "where the data come from, for people"),
      optional("version", integer(1), "raised where a change of this file changes results; default: 1"),
  });
  return shape;
}

const YamlShape& group_keys() {
  static const YamlShape shape = map_of({
      required("group", text(), "the name; unique among tasks and groups"),
      required("tasks", list_of(text()), "names of tasks and groups"),
      optional("description", text(), "one sentence for people"),
  });
  return shape;
}

core::Json task_schema() {
  core::Json document =
      core::json_schema_document(either({task_keys(), group_keys()}), "A task or group of Cappy Bench");
  return document;
}

}  // namespace tasks
