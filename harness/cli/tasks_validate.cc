// `cappy tasks validate`: reads task files, renders every row of both splits, and says what would surprise its user
// later: what is absent, cut, repeated, too long, or leaked from training. Never asks the network.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "harness/cli/split_check.h"
#include "harness/cli/tasks_verbs.h"
#include "harness/cli/terminal.h"
#include "harness/core/errors.h"
#include "harness/core/progress.h"
#include "harness/core/text.h"

namespace cli {
namespace {

enum class Status { kValid, kAbsent, kFailed };

/// A split as it was found.
struct CheckedSplit {
  std::string name;
  bool is_measured = false;
  tasks::SplitSummary summary;
  std::unique_ptr<SplitCheck> check;
};

struct Verdict {
  std::string task, file;
  Status status = Status::kValid;
  std::string message;               // of an absence or a failure
  std::vector<std::string> notes;    // of what is odd and no failure
  std::vector<CheckedSplit> splits;  // training first
};

const char* to_string(Status status) {
  switch (status) {
    case Status::kValid:
      return "valid";
    case Status::kAbsent:
      return "absent";
    case Status::kFailed:
      return "failed";
  }
  return "";
}

/// What all checks of a call share.
struct CheckContext {
  tasks::Places places;
  LengthLimits limits;
  std::int64_t limit = -1;  // rows of a split
};

CheckedSplit check_split(const tasks::TaskSpec& spec, const std::string& split, const CheckContext& context,
                         const SplitCheck* train) {
  CheckedSplit checked{split, split == spec.data.test_split, {}, std::make_unique<SplitCheck>(context.limits, train)};
  checked.summary = tasks::stream_split(spec, split, context.places, context.limit,
                                        [&](core::Instance&& instance) { checked.check->add(instance); });
  checked.check->close();
  return checked;
}

/// A template that never applies and a class that never comes are mostly mistakes.
void note_gaps(const tasks::TaskSpec& spec, const CheckContext& context, const CheckedSplit& split, Verdict& verdict) {
  if (context.limit >= 0 || split.summary.instances == 0) return;
  if (!spec.prompt.promptsource.empty() || !spec.prompt.inline_templates.empty())
    for (const tasks::PromptTemplate& prompt : tasks::templates_of(spec, context.places))
      if (!split.check->templates().contains(prompt.name))
        verdict.notes.push_back(fmt::format("{}: template '{}' applies to no row", split.name, prompt.name));
  if (split.is_measured && split.check->labels().size() == 1)
    verdict.notes.push_back(
        fmt::format("{}: every instance has the label {}", split.name, split.check->labels().begin()->first));
}

/// The same words as classes and as choices in two orders: mostly every label is then wrong.
void note_orders(const tasks::TaskSpec& spec, const CheckContext& context, Verdict& verdict) {
  if (spec.label_names.empty()) return;
  std::vector<std::string> names;
  for (const std::vector<std::string>& spellings : spec.label_names) names.push_back(spellings.front());
  for (const tasks::PromptTemplate& prompt : tasks::templates_of(spec, context.places)) {
    const auto choices = prompt.fixed_choices();
    if (choices && *choices != names &&
        std::is_permutation(choices->begin(), choices->end(), names.begin(), names.end()))
      verdict.notes.push_back(
          fmt::format("template '{}': its choices ({}) are the classes of label.names ({}) in another "
                      "order; is each label right?",
                      prompt.name, core::join(*choices, ", "), core::join(names, ", ")));
  }
}

void check_splits(const tasks::TaskSpec& spec, const CheckContext& context, Verdict& verdict) {
  const SplitCheck* train = nullptr;
  if (!spec.data.train_split.empty()) {
    const bool beside = spec.data.kind == tasks::DataKind::kLocal;  // what is missing there is a mistake
    if (beside || tasks::available(spec, spec.data.train_split, context.places)) {
      tasks::TaskSpec without_shots = spec;  // the examples are taken from this split
      without_shots.few_shot.k = 0;
      verdict.splits.push_back(check_split(without_shots, spec.data.train_split, context, nullptr));
      train = verdict.splits.back().check.get();
    } else if (spec.data.test_split.empty()) {
      tasks::find_split(spec, spec.data.train_split, context.places);  // throws AbsentData
    } else {
      verdict.notes.push_back(fmt::format("the training split '{}' is not here", spec.data.train_split));
    }
  }
  if (!spec.data.test_split.empty()) verdict.splits.push_back(check_split(spec, spec.data.test_split, context, train));
  for (const CheckedSplit& split : verdict.splits) {
    note_gaps(spec, context, split, verdict);
    for (const std::string& warning : split.summary.warnings) verdict.notes.push_back(warning);
  }
}

Verdict check_task(const tasks::TaskSpec& spec, const CheckContext& context) {
  Verdict verdict{spec.name, spec.file.string(), Status::kValid, "", {}, {}};
  const bool needs_package =
      !spec.prompt.promptsource.empty() && !std::filesystem::is_directory(context.places.promptsource);
  try {
    if (needs_package)
      throw tasks::AbsentData(context.places.promptsource.string(),
                              "no PromptSource templates there; run scripts/get_data");
    if (!spec.prompt.promptsource.empty() || !spec.prompt.inline_templates.empty())
      tasks::templates_of(spec, context.places);
    check_splits(spec, context, verdict);
    note_orders(spec, context, verdict);
  } catch (const tasks::AbsentData& error) {
    verdict.status = Status::kAbsent;
    verdict.message = error.what();
  } catch (const std::runtime_error& error) {
    verdict.status = Status::kFailed;
    verdict.message = error.what();
  }
  return verdict;
}

core::Json lengths_json(const Lengths& lengths) {
  const double mean =
      lengths.inputs == 0 ? 0 : static_cast<double>(lengths.input_tokens) / static_cast<double>(lengths.inputs);
  return core::Json::Object{{"inputs", lengths.inputs},
                            {"inputs_too_long", lengths.inputs_too_long},
                            {"longest_input", lengths.longest_input},
                            {"mean_input", mean},
                            {"references", lengths.references},
                            {"references_too_long", lengths.references_too_long},
                            {"longest_reference", lengths.longest_reference}};
}

core::Json split_json(const CheckedSplit& split, bool has_train) {
  const tasks::SplitSummary& summary = split.summary;
  core::Json::Object labels;
  for (const auto& [label, count] : split.check->labels()) labels.emplace_back(std::to_string(label), count);
  core::Json::Object object = {{"split", split.name},
                               {"measured", split.is_measured},
                               {"origin", tasks::to_string(summary.origin)},
                               {"rows", summary.rows},
                               {"instances", summary.instances},
                               {"skipped", summary.skipped},
                               {"unlabelled", summary.unlabelled},
                               {"empty_references", summary.empty_references},
                               {"cut_values", summary.cut_values},
                               {"empty_instructions", split.check->empty_instructions()},
                               {"odd_choices", split.check->odd_choices()},
                               {"repeats", split.check->repeats()},
                               {"labels", std::move(labels)},
                               {"fingerprint", summary.fingerprint}};
  if (split.is_measured && has_train) {
    object.emplace_back("leaks", split.check->leaks());
    object.emplace_back("leaks_with_target", split.check->leaks_with_target());
  }
  if (split.check->lengths().inputs > 0) object.emplace_back("tokens", lengths_json(split.check->lengths()));
  return object;
}

core::Json to_json(const Verdict& verdict) {
  core::Json::Array notes(verdict.notes.begin(), verdict.notes.end()), splits;
  for (const CheckedSplit& split : verdict.splits) splits.emplace_back(split_json(split, verdict.splits.size() > 1));
  core::Json::Object object = {{"task", verdict.task}, {"file", verdict.file}, {"status", to_string(verdict.status)}};
  if (!verdict.message.empty()) object.emplace_back("message", verdict.message);
  object.emplace_back("notes", std::move(notes));
  object.emplace_back("splits", std::move(splits));
  return object;
}

std::string share(std::int64_t part, std::int64_t whole) {
  return fmt::format("{} of {} ({:.1f} %)", part, whole,
                     100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

/// What is worth a line of its own about a split.
std::vector<std::string> remarks_of(const CheckedSplit& split, bool has_train, const LengthLimits& limits) {
  const tasks::SplitSummary& summary = split.summary;
  const SplitCheck& check = *split.check;
  std::vector<std::string> remarks;
  const auto remark = [&](std::int64_t count, std::int64_t whole, const std::string& what) {
    if (count > 0) remarks.push_back(share(count, whole) + " " + what);
  };
  const std::int64_t pairs = summary.instances + summary.skipped;
  remark(summary.skipped, pairs, "(row, template) pairs are skipped by their template");
  remark(summary.unlabelled, summary.rows, "rows have no label and are left out");
  remark(summary.cut_values, pairs, "(row, template) pairs have a value cut to 2,048 characters");
  remark(summary.empty_references, summary.instances, "instances have an empty reference");
  remark(check.empty_instructions(), summary.instances, "instances have an empty instruction");
  remark(check.odd_choices(), summary.instances, "instances offer a choice twice, or an empty one");
  remark(check.repeats(), summary.instances, "instances repeat an earlier one");
  if (split.is_measured && has_train) {
    remark(check.leaks(), summary.instances, "instructions stand in the training split too");
    remark(check.leaks_with_target(), summary.instances, "stand there with the same answer");
  }
  const Lengths& lengths = check.lengths();
  remark(
      lengths.inputs_too_long, lengths.inputs,
      fmt::format("inputs are longer than {} tokens (longest: {})", limits.max_source_length, lengths.longest_input));
  remark(lengths.references_too_long, lengths.references,
         fmt::format("references are longer than an output can be, {} tokens (longest: {})", limits.max_length - 1,
                     lengths.longest_reference));
  if (check.is_partial())
    remarks.push_back(fmt::format("repeats and leaks: of the first {} instances", TextSet::kMostChecked));
  return remarks;
}

void print(const Verdict& verdict, const Painter& paint, const LengthLimits& limits) {
  const Colour colour = verdict.status == Status::kValid    ? Colour::kGreen
                        : verdict.status == Status::kAbsent ? Colour::kYellow
                                                            : Colour::kRed;
  std::cout << paint(colour, to_string(verdict.status)) << "  " << verdict.task;
  for (const CheckedSplit& split : verdict.splits)
    std::cout << fmt::format("  {}: {} rows, {} instances ({})", split.name, split.summary.rows,
                             split.summary.instances, tasks::to_string(split.summary.origin));
  std::cout << '\n';
  if (!verdict.message.empty()) std::cout << "    " << verdict.message << '\n';
  for (const CheckedSplit& split : verdict.splits)
    for (const std::string& remark : remarks_of(split, verdict.splits.size() > 1, limits))
      std::cout << "    " << split.name << ": " << remark << '\n';
  for (const std::string& note : verdict.notes) std::cout << "    note: " << note << '\n';
  std::cout.flush();
}

/// What a word of the command line means: a file by its path, else a task or group by its name.
std::vector<tasks::TaskSpec> specs_of(const std::string& word, tasks::Library& library) {
  if (!std::filesystem::exists(word)) return library.select({word});
  return library.select({library.add_file(word)});
}

/// The tasks to check. A file that cannot be read is a verdict, so that the others are still checked.
std::vector<tasks::TaskSpec> wanted_tasks(const Words& words, tasks::Library& library,
                                          std::vector<Verdict>& unreadable) {
  if (words.empty()) return library.tasks();
  std::vector<tasks::TaskSpec> specs;
  for (const std::string& word : words) {
    try {
      for (tasks::TaskSpec& spec : specs_of(word, library)) specs.push_back(std::move(spec));
    } catch (const std::runtime_error& error) {
      if (!std::filesystem::exists(word)) throw;
      unreadable.push_back({word, word, Status::kFailed, error.what(), {}, {}});
    }
  }
  return specs;
}

/// Counts of a call, printed at its end.
struct Tally {
  std::int64_t valid = 0, absent = 0, failed = 0;
  void add(Status status) { ++(status == Status::kValid ? valid : status == Status::kAbsent ? absent : failed); }
};

std::unique_ptr<tokenizer::Tokenizer> read_limits(const po::variables_map& values, LengthLimits& limits) {
  limits.max_source_length = values["max-source-length"].as<std::int64_t>();
  limits.max_length = values["max-length"].as<std::int64_t>();
  if (!values.count("model")) return nullptr;
  auto tokenizer = tokenizer::load_tokenizer(values["model"].as<std::string>());
  limits.tokenizer = tokenizer.get();
  return tokenizer;
}

VerbSyntax validate_syntax() {
  VerbSyntax syntax = syntax_with_names(
      "tasks validate",
      "[FILE, TASK or GROUP ...] [options]\n\n"
      "Reads the files and renders every row that is here; without names, of all tasks. Exit code 1 where one fails;\n"
      "a task whose rows are not here is absent, which is no failure");
  add_task_options(syntax.own);
  add_data_option(syntax.own);
  // clang-format off
  syntax.own.add_options()
    ("model", po::value<std::string>()->value_name("DIR"), "folder with a tokenizer: lengths are counted in its tokens")
    ("max-source-length", po::value<std::int64_t>()->default_value(512)->value_name("N"), "tokens of an input, end of sequence included")
    ("max-length", po::value<std::int64_t>()->default_value(64)->value_name("N"), "tokens of an output, decoder start included")
    ("json", "one JSON object a task and line");
  // clang-format on
  return syntax;
}

}  // namespace

int run_tasks_validate(const Words& words) {
  VerbSyntax syntax = validate_syntax();
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  TaskOptions options = open_tasks(syntax.verb, common, values, Network::kOff);
  CheckContext context{options.places, {}, common.limit};
  const auto tokenizer = read_limits(values, context.limits);
  const bool json = values.count("json") > 0;
  const Painter paint(standard_output_has_colours());
  Tally tally;
  const auto tell = [&](const Verdict& verdict) {
    tally.add(verdict.status);
    json ? void(std::cout << core::write_json(to_json(verdict)) << std::endl) : print(verdict, paint, context.limits);
  };
  std::vector<Verdict> unreadable;
  const std::vector<tasks::TaskSpec> specs = wanted_tasks(names_in(values), options.library, unreadable);
  for (const Verdict& verdict : unreadable) tell(verdict);
  {
    core::Progress progress("validate", static_cast<std::int64_t>(specs.size()), "tasks",
                            core::progress_mode_from(common.progress));
    for (const tasks::TaskSpec& spec : specs) {
      tell(check_task(spec, context));
      progress.add(1);
    }
  }
  std::cerr << fmt::format("{} valid, {} absent, {} failed\n", tally.valid, tally.absent, tally.failed);
  return tally.failed > 0 ? 1 : 0;
}

}  // namespace cli
