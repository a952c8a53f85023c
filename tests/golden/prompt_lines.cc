// PromptSource's templates on rows, for tests/golden/render_promptsource.py: a line {"dataset", "template", "rows"} in,
// a line with a list out: {"instruction", "choices", "target"} or {"error"} for each row. One process renders them all,
// also behind a row that a template refuses.
#include <iostream>
#include <map>
#include <string>

#include "harness/core/json.h"
#include "tasks/promptsource.h"

namespace {

core::Json optional_json(const std::optional<std::string>& text) { return text ? core::Json(*text) : core::Json(); }

core::Json render(const tasks::PromptTemplate& prompt, const core::Json& row) {
  try {
    const auto rendered = prompt.render(row);
    core::Json choices;
    if (rendered.choices) choices = core::Json::Array(rendered.choices->begin(), rendered.choices->end());
    return core::Json::Object{{"instruction", optional_json(rendered.instruction)},
                              {"choices", std::move(choices)},
                              {"target", optional_json(rendered.target)}};
  } catch (const std::runtime_error& error) {
    return core::Json::Object{{"error", error.what()}};
  }
}

}  // namespace

int main(int, char** arguments) {
  std::ios::sync_with_stdio(false);
  std::map<std::string, std::vector<tasks::PromptTemplate>> sets;
  for (std::string text; std::getline(std::cin, text);) {
    const core::Json line = core::parse_json(text);
    const std::string dataset = line.at("dataset").as_string();
    if (!sets.count(dataset)) sets[dataset] = tasks::load_templates(arguments[1], dataset);
    const auto prompts = tasks::select_templates(sets[dataset], line.at("template").as_string());
    core::Json::Array results;
    for (const core::Json& row : line.at("rows").as_array()) {
      core::Json result = render(prompts.at(0), row);
      results.push_back(std::move(result));
    }
    std::cout << core::write_json(core::Json(std::move(results))) << '\n';
  }
}
