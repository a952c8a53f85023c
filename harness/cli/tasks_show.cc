// `cappy tasks show`: a task's facts, and examples exactly as the model reads them, with the choices and the target
// marked.
#include <fmt/format.h>

#include <iostream>

#include "harness/cli/tasks_verbs.h"
#include "harness/cli/terminal.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace cli {
namespace {

struct Wanted {
  std::string split;
  std::int64_t example = 0;
  std::string template_name;  // empty: the first; "all": every one
};

void print_fact(const Painter& paint, std::string_view name, const std::string& value) {
  if (!value.empty()) std::cout << paint(Colour::kFaint, fmt::format("  {:<12}", name)) << value << '\n';
}

std::string splits_of(const tasks::TaskSpec& spec) {
  std::string text;
  for (const auto& [split, use] :
       {std::pair(spec.data.test_split, "measured"), std::pair(spec.data.train_split, "training")}) {
    if (split.empty()) continue;
    const auto pinned = spec.data.rows.find(split);
    text += text.empty() ? "" : ", ";
    text += fmt::format("{} ({}{})", split, use,
                        pinned == spec.data.rows.end() ? "" : fmt::format(", {} rows", pinned->second));
  }
  return text;
}

std::string prompt_of(const tasks::TaskSpec& spec) {
  if (!spec.prompt.promptsource.empty())
    return fmt::format(
        "PromptSource {}, templates: {}", spec.prompt.promptsource,
        spec.prompt.templates == "listed" ? core::join(spec.prompt.template_names, ", ") : spec.prompt.templates);
  if (spec.prompt.inline_templates.empty()) return "";
  std::vector<std::string> names;
  for (const tasks::InlineTemplate& text : spec.prompt.inline_templates) names.push_back(text.name);
  return "in the task's file: " + core::join(names, ", ");
}

void print_facts(const tasks::TaskSpec& spec, const Painter& paint) {
  std::cout << paint(Colour::kBold, spec.name) << "  " << tasks::to_string(spec.kind)
            << (spec.metric.empty() ? ", for training alone" : ", measured by " + spec.metric) << '\n';
  print_fact(paint, "about", spec.description);
  print_fact(paint, "file", spec.file.string());
  print_fact(paint, "groups", core::join(spec.groups, ", "));
  print_fact(paint, "source", source_of(spec) + (spec.data.revision.empty() ? "" : " @ " + spec.data.revision));
  print_fact(paint, "splits", splits_of(spec));
  print_fact(paint, "prompt", prompt_of(spec));
  print_fact(paint, "licence", spec.provenance.licence);
  print_fact(paint, "homepage", spec.provenance.homepage);
  print_fact(paint, "seen by", core::join(spec.provenance.seen_by, ", "));
  print_fact(paint, "note", spec.provenance.note);
  if (spec.provenance.unproven)
    print_fact(paint, "unproven", "the rows were never compared with an independent source");
}

/// A text behind a bar, so that blank lines and blanks at its ends are seen.
void print_text(const Painter& paint, const std::string& text) {
  for (const std::string_view line : core::split(text, "\n"))
    std::cout << paint(Colour::kFaint, "  │ ") << line << '\n';
}

void print_answer(const Painter& paint, const std::string& text, bool right) {
  const std::vector<std::string_view> lines = core::split(text, "\n");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string mark = i == 0 ? (right ? "  → " : "    ") : "      ";
    std::cout << paint(right ? Colour::kGreen : Colour::kPlain, mark + std::string(lines[i])) << '\n';
  }
}

void print_instance(const core::Instance& instance, const Painter& paint) {
  const std::string title =
      instance.template_name.empty() ? "" : fmt::format(", template '{}'", instance.template_name);
  std::cout << '\n'
            << paint(Colour::kBold, fmt::format("example {}{}", instance.id.substr(0, instance.id.find('/')), title))
            << '\n';
  print_text(paint, instance.prompt());
  if (instance.choices.empty()) {
    std::cout << paint(Colour::kFaint, instance.references.size() == 1 ? "  reference" : "  references") << '\n';
    for (const std::string& reference : instance.references) print_answer(paint, reference, true);
    return;
  }
  std::cout << paint(Colour::kFaint, "  choices") << '\n';
  for (std::size_t i = 0; i < instance.choices.size(); ++i)
    print_answer(paint, instance.choices[i], instance.label && static_cast<std::size_t>(*instance.label) == i);
}

bool is_wanted(const core::Instance& instance, const Wanted& wanted) {
  const std::string row = std::to_string(wanted.example);
  if (instance.id != row && !instance.id.starts_with(row + "/")) return false;
  return wanted.template_name.empty() || wanted.template_name == "all" ||
         instance.template_name == wanted.template_name;
}

void check_template(const tasks::TaskSpec& spec, const tasks::Places& places, const Wanted& wanted) {
  if (wanted.template_name.empty() || wanted.template_name == "all") return;
  std::vector<std::string> names;
  for (const tasks::PromptTemplate& prompt : tasks::templates_of(spec, places)) names.push_back(prompt.name);
  if (std::find(names.begin(), names.end(), wanted.template_name) == names.end())
    throw core::UsageError(fmt::format("--template: {} has no '{}'{}; it has: {}", spec.name, wanted.template_name,
                                       core::did_you_mean(wanted.template_name, names), core::join(names, ", ")));
}

void print_examples(const tasks::TaskSpec& spec, const tasks::Places& places, const Wanted& wanted,
                    const Painter& paint) {
  std::int64_t printed = 0;
  const auto summary =
      tasks::stream_split(spec, wanted.split, places, wanted.example + 1, [&](core::Instance&& instance) {
        if (!is_wanted(instance, wanted) || (wanted.template_name.empty() && printed > 0)) return;
        print_instance(instance, paint);
        ++printed;
      });
  if (summary.rows <= wanted.example)
    throw core::UsageError(fmt::format("--example {}: the split '{}' has {} rows, counted from 0", wanted.example,
                                       wanted.split, summary.rows));
  if (printed == 0)
    std::cout << fmt::format("\nexample {}: no template applies to it, or it has no label\n", wanted.example);
}

}  // namespace

int run_tasks_show(const Words& words) {
  VerbSyntax syntax = syntax_with_names("tasks show", "TASK [options]\n\nThe task's facts and what the model reads");
  add_one_task_options(syntax.own);
  // clang-format off
  syntax.own.add_options()
    ("example", po::value<std::int64_t>()->default_value(0)->value_name("N"), "row of the split, from 0")
    ("template", po::value<std::string>()->value_name("T"), "name of a template, or all; default: the first that applies");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  const TaskOptions options = open_tasks(syntax.verb, common, values, Network::kAllowed);
  const tasks::TaskSpec spec = one_task(syntax.verb, options, values);
  const Wanted wanted{split_in(spec, values), values["example"].as<std::int64_t>(),
                      values.count("template") ? values["template"].as<std::string>() : ""};
  if (wanted.example < 0) throw core::UsageError("--example: expected a whole number from 0");
  const Painter paint(standard_output_has_colours());
  print_facts(spec, paint);
  std::cout.flush();
  check_template(spec, options.places, wanted);
  print_examples(spec, options.places, wanted, paint);
  return 0;
}

}  // namespace cli
