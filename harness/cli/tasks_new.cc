// `cappy tasks new`: a task file to start from, every key that most tasks need explained where it stands.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "harness/cli/tasks_verbs.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace cli {
namespace {

// Both kinds begin and end alike; between stands what is asked. Braces are doubled for fmt.
constexpr const char* kFile =
    R"(# {name}: say in one line what is asked. Check it with: cappy tasks validate THIS_FILE
task: {name}                      # unique; file names of results are made of it
group: my-tasks                   # for cappy run and cappy tasks list; a name or a list
kind: {kind}              # {meaning}
data:
  files:                          # beside this file: .csv .tsv .jsonl .json .parquet, also .gz and .zst
    test: {name}.test.csv
    train: {name}.train.csv       # optional: for leaks, few-shot examples and fine-tuning
  # or a data set of the Hugging Face Hub instead of `files`:
  # hub: ORG/NAME
  # config: CONFIGURATION
  # revision: COMMIT              # pin it, so that the rows never change
  split: test                     # what is measured
  train: train
  # rows: {{test: 100}}             # pin the number of rows: another one is an error
prompt:                           # Jinja over the columns of a row; a list of several under `templates:`
{question}source:
  licence: ""                     # of the data
version: 1                        # raise it when the rows or the prompt change
)";

constexpr const char* kClassification = R"(  instruction: "{{text}}\nIs this review positive or negative?"
  target: "{{answer_choices[label]}}"
  choices: "negative ||| positive"
  # or the templates of PromptSource:
  # promptsource: imdb
  # templates: original           # original, all, with-choices, or a list of names
label:
  column: label
  names: [negative, positive]     # classes in the order of their ids, where the column holds their names
metric: accuracy
)";

constexpr const char* kGeneration = R"(  instruction: "Summarise in one sentence: {{text}}"
references:
  column: summary                 # a text, or a list of texts of which the nearest counts
metric: rouge_l
)";

std::string starting_file(const std::string& name, const std::string& kind) {
  const bool classification = kind == "classification";
  if (!classification && kind != "generation")
    throw core::UsageError("--kind " + kind + ": expected classification or generation");
  return fmt::format(kFile, fmt::arg("name", name), fmt::arg("kind", kind),
                     fmt::arg("meaning", classification ? "fixed choices, the right one is known"
                                                        : "free text, compared with references by Rouge-L"),
                     fmt::arg("question", classification ? kClassification : kGeneration));
}

}  // namespace

int run_tasks_new(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks new", "NAME [--kind classification|generation] [--out FILE]");
  // clang-format off
  syntax.own.add_options()
    ("kind", po::value<std::string>()->default_value("generation")->value_name("KIND"), "classification or generation")
    ("out", po::value<std::string>()->value_name("FILE"), "write it there, never over a file; default: standard output");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const Words names = names_in(values);
  if (names.size() != 1) throw core::UsageError("cappy tasks new: expected one name; see cappy tasks new --help");
  if (!core::is_name(names[0])) throw core::UsageError(fmt::format("'{}' is no name: {}", names[0], core::kNameRule));
  const std::string text = starting_file(names[0], values["kind"].as<std::string>());
  if (!values.count("out")) {
    std::cout << text;
    return 0;
  }
  const std::filesystem::path out = values["out"].as<std::string>();
  if (std::filesystem::exists(out)) throw core::FileError(out.string(), "is there already; it is not replaced");
  core::write_file(out, text);
  std::cerr << fmt::format("{}: written; put the rows beside it, then: cappy tasks validate {}\n", out.string(),
                           out.string());
  return 0;
}

}  // namespace cli
