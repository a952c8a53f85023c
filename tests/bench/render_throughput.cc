// Throughput of the template language itself, on rows that are already in memory, as jinja2 is measured inside Python:
//   render_throughput TEMPLATES_FOLDER DATASET FILE.jsonl PASSES
// Renders every row with every template of the data set PASSES times on one thread, twice: by the engine alone, given
// the answer choices, and whole, as promptsource's `apply` does. Prints the processor seconds of both, then one line of
// JSON for each row and template: the engine's text and the parts. The caller compares those before it believes times.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "harness/core/json_lines.h"
#include "tasks/jinja/template.h"
#include "tasks/promptsource.h"

namespace {

constexpr std::string_view kTruncated = " | string | truncate(2048) }}";  // as promptsource rewrites every "}}"

struct Compiled {
  tasks::PromptTemplate prompt;
  jinja::Template engine;
  std::vector<std::string> choices;
};

std::vector<Compiled> compile(const char* folder, const char* dataset) {
  std::vector<Compiled> compiled;
  for (const tasks::PromptTemplate& prompt : tasks::load_templates(folder, dataset)) {
    prompt.compile();
    compiled.push_back({prompt, jinja::Template(prompt.jinja, prompt.name, jinja::Rewriting{"}}", kTruncated}),
                        prompt.fixed_choices().value()});
  }
  return compiled;
}

std::vector<core::Json> read_rows(const char* path) {
  std::vector<core::Json> rows;
  for (const core::JsonRecord& record : core::read_json_lines(path)) rows.push_back(record.to_json());
  return rows;
}

std::string by_engine(const Compiled& one, const core::Json& row, const jinja::Value& choices) {
  jinja::Context context(row);
  context.set("answer_choices", choices);
  jinja::Draws draws([] { return 0; });
  return one.engine.render(context, draws);
}

jinja::Value to_value(const std::vector<std::string>& choices) {
  std::vector<jinja::Value> items;
  for (const std::string& choice : choices) items.push_back(jinja::Value::borrowed(choice));
  return jinja::Value::list(std::move(items));
}

/// Processor seconds of `work` on every row and template.
template <class Work>
double seconds(const std::vector<core::Json>& rows, const std::vector<Compiled>& compiled, int passes, Work work) {
  std::vector<jinja::Value> choices;
  for (const Compiled& one : compiled) choices.push_back(to_value(one.choices));
  const std::clock_t start = std::clock();
  for (int pass = 0; pass < passes; ++pass)
    for (const core::Json& row : rows)
      for (std::size_t i = 0; i < compiled.size(); ++i) work(compiled[i], row, choices[i]);
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 2;
  const std::vector<Compiled> compiled = compile(words[1], words[2]);
  const std::vector<core::Json> rows = read_rows(words[3]);
  const int passes = std::atoi(words[4]);
  std::size_t bytes = 0;
  fmt::print("{}\n",
             seconds(rows, compiled, passes, [&](const Compiled& one, const core::Json& row, const auto& choices) {
               bytes += by_engine(one, row, choices).size();
             }));
  fmt::print("{}\n", seconds(rows, compiled, passes, [&](const Compiled& one, const core::Json& row, const auto&) {
               bytes += one.prompt.render(row).target->size();
             }));
  for (const core::Json& row : rows)
    for (const Compiled& one : compiled) {
      const auto parts = one.prompt.render(row);
      const core::Json::Array line = {core::Json(by_engine(one, row, to_value(one.choices))),
                                      core::Json(*parts.instruction), core::Json(*parts.target)};
      fmt::print("{}\n", core::write_json(core::Json(line)));
    }
  return bytes == 0 && passes > 0 ? 1 : 0;
}
