#include "tasks/promptsource.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/jinja/template.h"

namespace tasks {
namespace {

constexpr std::string_view kBar = "|||";
constexpr std::string_view kProtector = "3ed2dface8203c4c9dfb1a5dc58e41e0";  // Template.pipe_protector
constexpr std::string_view kTruncated = " | string | truncate(2048) }}";     // TEXT_VAR_LENGTH

/// Template._escape_pipe: only strings that are columns, not those inside lists.
void protect_bars(const core::Json& row, jinja::Context& context) {
  for (const auto& [column, value] : row.as_object())
    if (value.is_string() && value.as_string().find(kBar) != std::string::npos)
      context.set(column, jinja::Value::text(core::replace_all(value.as_string(), kBar, kProtector)));
}

std::string unprotect(std::string_view text) {
  if (text.find(kProtector) == std::string_view::npos) return std::string(text);
  return core::replace_all(text, kProtector, kBar);
}

/// Each part unprotected, then stripped, as `apply` does.
std::vector<std::string> split_parts(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string_view part : core::split(text, kBar)) {
    std::string whole = unprotect(part);
    const std::string_view kept = core::strip(whole);
    parts.emplace_back(kept.size() == whole.size() ? std::move(whole) : std::string(kept));
  }
  return parts;
}

/// Each choice stripped, then unprotected, as `get_answer_choices_list` does.
std::vector<std::string> split_choices(std::string_view text) {
  std::vector<std::string> choices;
  for (const std::string_view part : core::split(text, kBar)) choices.push_back(unprotect(core::strip(part)));
  return choices;
}

bool is_word_byte(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes white space and then `word`, if that stands next as a whole word.
bool take_word(std::string_view& rest, std::string_view word) {
  const std::string_view next = rest.substr(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  if (!next.starts_with(word) || (next.size() > word.size() && is_word_byte(next[word.size()]))) return false;
  rest = next.substr(word.size());
  return true;
}

/// Whether what follows a name provides for its absence: `is [not] [un]defined`, `| default`, `| d`.
bool provides_for_absence(std::string_view rest) {
  if (!rest.empty() && is_word_byte(rest.front())) return false;  // the name goes on: it is another one
  if (take_word(rest, "is")) {
    take_word(rest, "not");
    return take_word(rest, "defined") || take_word(rest, "undefined");
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  if (!rest.starts_with('|')) return false;
  rest.remove_prefix(1);
  return take_word(rest, "default") || take_word(rest, "d");
}

bool may_be_absent(std::string_view name, std::string_view source) {
  for (std::size_t at = source.find(name); at != std::string_view::npos; at = source.find(name, at + 1))
    if ((at == 0 || !is_word_byte(source[at - 1])) && provides_for_absence(source.substr(at + name.size())))
      return true;
  return false;
}

/// The names that a template reads from the row, without those that may be absent by its own words.
std::set<std::string> names_read(const jinja::Template& parsed, const std::string& source) {
  std::set<std::string> names;
  for (const std::string& name : parsed.undeclared())
    if (!may_be_absent(name, source)) names.insert(name);
  return names;
}

jinja::Value to_value(const std::optional<std::vector<std::string>>& choices) {
  if (!choices) return jinja::Value::none();
  std::vector<jinja::Value> items;
  items.reserve(choices->size());
  for (const std::string& choice : *choices) items.push_back(jinja::Value::borrowed(choice));
  return jinja::Value::list(std::move(items));
}

}  // namespace

/// The template's sources, each parsed at its first use. Copies of a PromptTemplate share them.
struct PromptTemplate::Compiled {
  mutable std::array<std::once_flag, 4> once;
  mutable std::optional<jinja::Template> cut, whole, choices, target;

  const jinja::Template& body(const PromptTemplate& prompt, Truncation truncation) const {
    if (truncation == Truncation::kOff || prompt.target) {
      std::call_once(once[1], [&] { whole.emplace(prompt.jinja, prompt.label("")); });
      return *whole;
    }
    std::call_once(once[0], [&] { cut.emplace(prompt.jinja, prompt.label(""), jinja::Rewriting{"}}", kTruncated}); });
    return *cut;
  }
  const jinja::Template& choices_of(const PromptTemplate& prompt) const {
    std::call_once(once[2], [&] { choices.emplace(*prompt.answer_choices, prompt.label(" (answer choices)")); });
    return *choices;
  }
  const jinja::Template& target_of(const PromptTemplate& prompt) const {
    std::call_once(once[3], [&] { target.emplace(*prompt.target, prompt.label(" (target)")); });
    return *target;
  }
};

PromptTemplate::PromptTemplate() : compiled_(std::make_shared<const Compiled>()) {}

std::string PromptTemplate::label(std::string_view part) const { return fmt::format("{}: {}{}", dataset, name, part); }

void PromptTemplate::compile() const {
  compiled_->body(*this, Truncation::kOn);
  if (answer_choices) compiled_->choices_of(*this);
  if (target) compiled_->target_of(*this);
}

/// A draw depends on seed, template and row alone, so that neither order nor number of rows changes it.
std::uint64_t PromptTemplate::draw_seed(const core::Json& row, std::uint64_t seed) const {
  return core::hash64(fmt::format("{}\n{}\n{}", seed, id, core::write_json(row)));
}

std::optional<std::vector<std::string>> PromptTemplate::choices_in(jinja::Context& context, jinja::Draws& draws) const {
  if (!answer_choices) return std::nullopt;
  return split_choices(compiled_->choices_of(*this).render(context, draws));
}

void PromptTemplate::set_choices(const core::Json& row, jinja::Context& context, const Choices& choices) const {
  if (row.find("answer_choices"))
    throw std::runtime_error(
        fmt::format("{}: the row has a column 'answer_choices', which the template's own would hide", label("")));
  context.set("answer_choices", to_value(choices));
}

std::vector<std::string> PromptTemplate::parts_in(const core::Json& row, jinja::Context& context, jinja::Draws& draws,
                                                  const Choices& choices, Truncation truncation) const {
  set_choices(row, context, choices);
  return split_parts(compiled_->body(*this, truncation).render(context, draws));
}

std::vector<std::string> PromptTemplate::apply(const core::Json& row, std::uint64_t seed, Truncation truncation) const {
  jinja::Context context(row);
  protect_bars(row, context);
  jinja::Draws draws([&] { return draw_seed(row, seed); });
  const Choices made = choices_in(context, draws);
  return parts_in(row, context, draws, made, truncation);
}

std::optional<std::vector<std::string>> PromptTemplate::choices(const core::Json& row, std::uint64_t seed) const {
  jinja::Context context(row);
  protect_bars(row, context);
  jinja::Draws draws([&] { return draw_seed(row, seed); });
  return choices_in(context, draws);
}

std::optional<std::vector<std::string>> PromptTemplate::fixed_choices() const {
  if (!answer_choices || !compiled_->choices_of(*this).undeclared().empty()) return std::nullopt;
  return choices(core::Json(core::Json::Object{}));
}

std::vector<std::string> PromptTemplate::columns() const {
  std::set<std::string> names;
  const auto add = [&](const jinja::Template& parsed) {
    const auto read = parsed.undeclared();
    names.insert(read.begin(), read.end());
  };
  add(compiled_->body(*this, Truncation::kOn));
  if (answer_choices) add(compiled_->choices_of(*this));
  if (target) add(compiled_->target_of(*this));
  names.erase("answer_choices");  // made here
  return {names.begin(), names.end()};
}

std::vector<std::string> PromptTemplate::needed_columns() const {
  std::set<std::string> names;
  names.merge(names_read(compiled_->body(*this, Truncation::kOn), jinja));
  if (answer_choices) names.merge(names_read(compiled_->choices_of(*this), *answer_choices));
  if (target) names.merge(names_read(compiled_->target_of(*this), *target));
  names.erase("answer_choices");  // made here
  return {names.begin(), names.end()};
}

/// The choices are one text, split like PromptSource's; instruction and target are texts of their own.
PromptTemplate::Rendered PromptTemplate::render_phrasing(const core::Json& row, jinja::Draws& draws) const {
  Rendered rendered;
  if (answer_choices) {
    jinja::Context protected_context(row);
    protect_bars(row, protected_context);
    rendered.choices = choices_in(protected_context, draws);
  }
  jinja::Context context(row);
  set_choices(row, context, rendered.choices);
  const std::string instruction = compiled_->body(*this, Truncation::kOff).render(context, draws);
  if (core::strip(instruction).empty()) return rendered;
  rendered.instruction = core::strip(instruction);
  rendered.target = core::strip(compiled_->target_of(*this).render(context, draws));
  return rendered;
}

PromptTemplate::Rendered PromptTemplate::render(const core::Json& row, std::uint64_t seed,
                                                Truncation truncation) const {
  jinja::Draws draws([&] { return draw_seed(row, seed); });
  if (target) return render_phrasing(row, draws);
  jinja::Context context(row);
  protect_bars(row, context);
  Rendered rendered;
  rendered.choices = choices_in(context, draws);
  auto parts = parts_in(row, context, draws, rendered.choices, truncation);
  if (parts.size() > 2)
    throw std::runtime_error(
        fmt::format("{}: {} parts between '|||', expected an instruction and a target", label(""), parts.size()));
  if (parts.size() == 2) {
    rendered.instruction = std::move(parts[0]);
    rendered.target = std::move(parts[1]);
  }
  return rendered;
}

namespace {

std::optional<bool> optional_boolean(const core::Yaml& map, std::string_view key) {
  const core::Yaml* value = map.find(key);
  return value ? std::optional(value->boolean()) : std::nullopt;
}

PromptTemplate template_from(const core::Yaml& entry, const std::string& dataset) {
  PromptTemplate prompt;
  prompt.dataset = dataset;
  prompt.name = entry.at("name").string();
  prompt.id = entry.at("id").string();
  prompt.jinja = entry.at("jinja").string();
  prompt.reference = entry.string_or("reference", "");
  if (const core::Yaml* choices = entry.find("answer_choices")) prompt.answer_choices = choices->string();
  if (const core::Yaml* metadata = entry.find("metadata")) {
    prompt.original_task = optional_boolean(*metadata, "original_task").value_or(false);
    prompt.choices_in_prompt = optional_boolean(*metadata, "choices_in_prompt");
    if (const core::Yaml* metrics = metadata->find("metrics")) prompt.metrics = metrics->strings();
  }
  return prompt;
}

std::vector<std::string> names_of(const std::vector<PromptTemplate>& templates) {
  std::vector<std::string> names;
  for (const PromptTemplate& prompt : templates) names.push_back(prompt.name);
  return names;
}

}  // namespace

std::vector<PromptTemplate> load_templates(const std::filesystem::path& folder, const std::string& dataset) {
  if (!std::filesystem::is_directory(folder))
    throw core::ConfigError(
        fmt::format("{}: no PromptSource templates there; run scripts/get_data, or set "
                    "CAPPY_PROMPTSOURCE to the package's folder 'templates'",
                    folder.string()));
  const auto file = folder / dataset / "templates.yaml";
  if (!std::filesystem::is_regular_file(file))
    throw core::FileError(file.string(), fmt::format("PromptSource has no data set '{}'{}", dataset,
                                                     core::did_you_mean(dataset, promptsource_datasets(folder))));
  const core::Yaml yaml = core::Yaml::from_file(file);
  const core::Yaml& map = yaml.at("templates");
  std::vector<PromptTemplate> templates;
  for (const std::string& key : map.keys()) templates.push_back(template_from(map.at(key), dataset));
  std::sort(templates.begin(), templates.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return templates;
}

std::vector<PromptTemplate> select_templates(const std::vector<PromptTemplate>& templates, const std::string& which) {
  if (which == "all") return templates;
  std::vector<PromptTemplate> chosen;
  std::copy_if(templates.begin(), templates.end(), std::back_inserter(chosen), [&](const PromptTemplate& prompt) {
    if (which == "with-choices") return prompt.answer_choices.has_value();
    return which == "original" ? prompt.original_task : prompt.name == which;
  });
  if (!chosen.empty() || which == "original" || which == "with-choices") return chosen;
  const std::string dataset = templates.empty() ? "" : templates[0].dataset;
  throw core::ConfigError(
      fmt::format("{} has no template '{}'{}", dataset, which, core::did_you_mean(which, names_of(templates))));
}

std::vector<std::string> promptsource_datasets(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  if (!std::filesystem::is_directory(folder)) return names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().filename() == "templates.yaml")
      names.push_back(entry.path().parent_path().lexically_relative(folder).generic_string());
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path promptsource_folder(const std::function<std::filesystem::path()>& home) {
  const char* told = std::getenv("CAPPY_PROMPTSOURCE");
  return told && *told ? std::filesystem::path(told) : home() / "data/promptsource/templates";
}

}  // namespace tasks
