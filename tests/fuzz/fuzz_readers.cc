// Random damage to what the readers take from outside: JSON, JSON Lines, YAML, templates, tokenizer files.
//   fuzz_readers HOME SECONDS SEED
// Seeds are files of HOME and small texts.
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/files.h"
#include "harness/core/json_lines.h"
#include "harness/core/yaml.h"
#include "tasks/jinja/template.h"
#include "tests/fuzz/fuzz.h"

namespace {

void render(const std::string& source) {
  const core::Json row = core::parse_json(R"({"a": "x y", "n": 3, "list": ["p", "q"], "map": {"k": 1.5}})");
  jinja::Context context(row);
  jinja::Draws draws([] { return std::uint64_t{1}; });
  jinja::Template(source, "fuzz").render(context, draws);
}

std::vector<fuzz::Reader> readers(const std::filesystem::path& home) {
  const auto at = [&](const char* path) { return core::read_file(home / path); };
  const auto tokenize = [](const std::string& text) {
    const auto path = fuzz::put("tokenizer.json", text);
    tokenizer::load_tokenizer(path.parent_path())->encode("a small <s> text é ﬁ");
  };
  return {
      {"JSON",
       {R"({"a": [1, 2.5e-3, "x\u00e9\n", null, true], "b": {"c": -0}})"},
       [](const auto& t) { core::parse_json(t); }},
      {"JSON line",
       {R"({"instruction": "x", "z": 1.0, "references": ["a", "b"]})"},
       [](const auto& t) { core::JsonRecord::parse(t).to_line(); }},
      {"YAML",
       {at("configs/first.yaml"), at("tasks/promptsource/rte.yaml")},
       [](const auto& t) { core::Yaml::from_text(t, "fuzz"); }},
      {"template",
       {"{% for x in list if x != 'p' %}{{ loop.index }}{{ x|upper }}{% else %}-{% endfor %}|||{{ map['k'] }}",
        "{% set ns = namespace(v=1) %}{{ [1, 2][n - 2] + ns.v }}{{ a.split(' ')[1:] | join('_') }}"},
       render},
      {"T5 tokenizer", {at("configs/miniature/t5_tokenizer/tokenizer.json")}, tokenize},
      {"RoBERTa tokenizer", {at("configs/miniature/roberta_tokenizer/tokenizer.json")}, tokenize},
  };
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  return fuzz::run(readers(words[1]), std::stoi(words[2]), std::stoull(words[3]));
}
