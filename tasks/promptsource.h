// PromptSource's templates (Bach et al., ACL 2022): a folder of `<data set>[/<config>]/templates.yaml`, read as the
// package ships it, rendered as its `Template.apply` does. A template gives an instruction and a target, apart by
// "|||", and perhaps the list of answer choices; a text without "|||" means that the template skips the row.
//
// The package's own habits are part of the numbers and are kept: "}}" in the source becomes
// " | string | truncate(2048) }}" before parsing, "|||" inside the row's strings is protected while rendering, parts
// are unprotected and then stripped, choices stripped and then unprotected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/json.h"

namespace jinja {
class Context;
class Draws;
}  // namespace jinja

namespace tasks {

/// Whether long values are cut to 2,048 characters, as `apply(example, truncate=True)`, its default, does.
enum class Truncation { kOn, kOff };

/// One entry of a templates.yaml, compiled at its first use (so change no source after that).
class PromptTemplate {
 public:
  using Choices = std::optional<std::vector<std::string>>;
  PromptTemplate();

  std::string dataset;  // "super_glue/rte", for messages
  std::string name, id, reference;
  std::string jinja;                          // as written
  std::optional<std::string> answer_choices;  // Jinja; absent for open-ended templates
  /// Of a phrasing in a task's own file, whose `jinja` is the instruction alone: Jinja as everybody writes it, without
  /// the package's habits. PromptSource's templates have both in `jinja`.
  std::optional<std::string> target;
  bool original_task = false;
  std::optional<bool> choices_in_prompt;
  std::vector<std::string> metrics;

  /// `Template.apply`: usually {instruction, target}; one part where the template skips the row. `seed` feeds the
  /// filters `choice` and `random`: a draw depends on seed, template and row alone. Throws jinja::TemplateError, and
  /// std::runtime_error where the row has a column "answer_choices".
  std::vector<std::string> apply(const core::Json& row, std::uint64_t seed = 0,
                                 Truncation truncation = Truncation::kOn) const;
  /// `get_answer_choices_list`; nothing for an open-ended template.
  std::optional<std::vector<std::string>> choices(const core::Json& row, std::uint64_t seed = 0) const;
  /// `get_fixed_answer_choices_list`: the choices where they read no column.
  std::optional<std::vector<std::string>> fixed_choices() const;

  struct Rendered {
    std::optional<std::string> instruction, target;  // both absent where the template skips the row
    std::optional<std::vector<std::string>> choices;
  };
  /// apply and choices in one rendering. More than two parts are an error, as in the package's own evaluation. A
  /// phrasing with a `target` of its own skips the row where its instruction is empty; nothing of it is cut.
  Rendered render(const core::Json& row, std::uint64_t seed = 0, Truncation truncation = Truncation::kOn) const;

  /// The columns that text and choices need, sorted: every name they read, but for those that they ask whether they are
  /// there (`x is defined`, `x | default(…)`).
  std::vector<std::string> needed_columns() const;
  /// All columns that they read, sorted.
  std::vector<std::string> columns() const;

  /// Parses all sources now, so that their errors come before the first row. Throws jinja::TemplateError.
  void compile() const;

 private:
  struct Compiled;
  std::string label(std::string_view part) const;  // for messages
  std::uint64_t draw_seed(const core::Json& row, std::uint64_t seed) const;
  Choices choices_in(jinja::Context& context, jinja::Draws& draws) const;
  Rendered render_phrasing(const core::Json& row, jinja::Draws& draws) const;
  void set_choices(const core::Json& row, jinja::Context& context, const Choices& choices) const;
  std::vector<std::string> parts_in(const core::Json& row, jinja::Context& context, jinja::Draws& draws,
                                    const Choices& choices, Truncation truncation) const;
  std::shared_ptr<const Compiled> compiled_;
};

/// The templates of one data set in the order of `all_template_names`: sorted by name, code point by code point.
/// `dataset` is "super_glue/rte" or "anli". Throws core::FileError, core::ConfigError with file, line and key, or with
/// how to get the package where there is no such folder.
std::vector<PromptTemplate> load_templates(const std::filesystem::path& folder, const std::string& dataset);

/// Those that `which` names: "original" (original_task), "with-choices" (those with answer choices), "all", or one
/// name. Throws core::ConfigError with a suggestion.
std::vector<PromptTemplate> select_templates(const std::vector<PromptTemplate>& templates, const std::string& which);

/// Every data set of the folder ("anli", "super_glue/rte", …), sorted.
std::vector<std::string> promptsource_datasets(const std::filesystem::path& folder);

/// The package's `templates` folder: CAPPY_PROMPTSOURCE where it is set and not empty, else data/promptsource/templates
/// under what `home` gives, which is asked only then. Whether it is there shows when templates are loaded.
std::filesystem::path promptsource_folder(const std::function<std::filesystem::path()>& home);

}  // namespace tasks
