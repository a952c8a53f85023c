// The template language alone, for tests/golden/jinja_builtins.py: a line {"template", "row"} in, a line {"text"} or
// {"error"} out. "row" may be a list: then all are rendered and a list of results comes out.
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "harness/core/json.h"
#include "tasks/jinja/template.h"

namespace {

core::Json render(const jinja::Template& compiled, const core::Json& row) {
  try {
    jinja::Context context(row);
    jinja::Draws draws([] { return 5; });
    return core::Json::Object{{"text", compiled.render(context, draws)}};
  } catch (const std::runtime_error& error) {
    return core::Json::Object{{"error", error.what()}};
  }
}

core::Json answer(const core::Json& line) {
  const core::Json& rows = line.at("row");
  try {
    const jinja::Template compiled(line.at("template").as_string(), "line");
    if (!rows.is_array()) return render(compiled, rows);
    core::Json::Array results;
    for (const core::Json& row : rows.as_array()) {
      core::Json result = render(compiled, row);
      results.push_back(std::move(result));
    }
    return results;
  } catch (const std::runtime_error& error) {
    return core::Json::Object{{"error", error.what()}};
  }
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << core::write_json(answer(core::parse_json(line))) << '\n';
}
