// `cappy render`: data set rows to instructions by PromptSource templates, one line out per row and template.
#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "harness/cli/options.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "tasks/promptsource.h"

namespace cli {
namespace {

constexpr std::size_t kFlushBytes = 1 << 16;

core::Json optional_json(const std::optional<std::string>& text) { return text ? core::Json(*text) : core::Json(); }

core::Json optional_json(const std::optional<std::vector<std::string>>& texts) {
  if (!texts) return {};
  core::Json::Array array(texts->begin(), texts->end());
  return core::Json(std::move(array));
}

/// Each line of `in` by each template in turn. What came before a bad line is written before its error leaves.
class RenderFilter {
 public:
  RenderFilter(std::vector<tasks::PromptTemplate> templates, std::uint64_t seed)
      : templates_(std::move(templates)), seed_(seed) {}

  void run(std::istream& in, std::ostream& out, std::int64_t limit) {
    core::JsonLinesReader reader(in, "standard input");
    try {
      while (limit < 0 || reader.line() < limit) {
        auto record = reader.next();
        if (!record) break;
        render(*record, reader);
        if (lines_.size() >= kFlushBytes || in.rdbuf()->in_avail() <= 0) flush(out);
      }
    } catch (...) {
      flush(out);
      throw;
    }
    flush(out);
  }

 private:
  void render(const core::JsonRecord& record, const core::JsonLinesReader& reader) {
    std::string lines;  // a row is written whole or not at all
    try {
      const core::Json row = record.to_json();
      for (const tasks::PromptTemplate& prompt : templates_) {
        const auto rendered = prompt.render(row, seed_);
        core::JsonRecord line = record;
        line.set("template", prompt.name);
        line.set("instruction", optional_json(rendered.instruction));
        line.set("choices", optional_json(rendered.choices));
        line.set("target", optional_json(rendered.target));
        (lines += line.to_line()) += '\n';
      }
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(reader.name(), reader.line(), error.what());
    }
    lines_ += lines;
  }

  void flush(std::ostream& out) {
    out << lines_ << std::flush;
    lines_.clear();
    if (!out) throw core::FileError("standard output", "cannot be written");
  }

  std::vector<tasks::PromptTemplate> templates_;
  std::uint64_t seed_;
  std::string lines_;
};

}  // namespace

int run_render(const Words& words) {
  VerbSyntax syntax{
      .verb = "render",
      .usage =
          "--prompt DATASET [options] < rows.jsonl > out.jsonl\n\n"
          "Adds template, instruction, choices and target to each row, a line per template; instruction and target "
          "are\n"
          "null where the template skips the row. Finds the templates in CAPPY_PROMPTSOURCE, else data/promptsource"};
  // clang-format off
  syntax.own.add_options()
    ("prompt", po::value<std::string>()->value_name("DATASET"), "data set of PromptSource: super_glue/rte")
    ("template", po::value<std::string>()->default_value("original")->value_name("NAME"), "name of a template, original or all")
    ("seed", po::value<std::uint64_t>()->default_value(0)->value_name("N"), "of the filters choice and random");
  // clang-format on
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (!values.count("prompt"))
    throw core::UsageError("cappy render: --prompt DATASET is missing; see cappy render --help");

  const auto folder = tasks::promptsource_folder([&] { return find_home(common.home); });
  auto templates = tasks::select_templates(tasks::load_templates(folder, values["prompt"].as<std::string>()),
                                           values["template"].as<std::string>());
  for (const tasks::PromptTemplate& prompt : templates) prompt.compile();
  RenderFilter(std::move(templates), values["seed"].as<std::uint64_t>()).run(std::cin, std::cout, common.limit);
  return 0;
}

}  // namespace cli
