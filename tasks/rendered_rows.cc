// A row of a table becomes an instance under each template: brought into the Hub's form, its label made an id, asked
// for the columns that the templates read, rendered, its answer found among the choices.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "tasks/class_label.h"
#include "tasks/hub_form.h"
#include "tasks/instance_stream.h"

namespace tasks {
namespace {

constexpr std::size_t kShownCharacters = 60;  // of a text in a message
constexpr std::size_t kShortestCut = 2000;    // bytes of a rendering below which no value was cut

std::string shown(const std::string& text) {
  const std::u32string characters = core::to_code_points(text);
  if (characters.size() <= kShownCharacters) return "'" + text + "'";
  return "'" + core::to_utf8(characters.substr(0, kShownCharacters)) + "…'";
}

/// The first of equal choices; correctness is compared by text, so the later ones count too.
void set_label(const std::string& target, core::Instance& instance) {
  if (instance.choices.size() < 2) throw std::runtime_error("fewer than two choices");
  const auto place = std::find(instance.choices.begin(), instance.choices.end(), target);
  if (place == instance.choices.end()) {
    std::string choices;
    for (const std::string& choice : instance.choices) choices += (choices.empty() ? "" : ", ") + shown(choice);
    throw std::runtime_error(fmt::format("the target {} is none of the choices: {}", shown(target), choices));
  }
  instance.label = place - instance.choices.begin();
}

std::vector<std::string> references_of(const TaskSpec& spec, const Row& row, const std::string& target) {
  if (spec.references_column.empty()) return {target};
  const core::Json& column = row.columns.at(spec.references_column);
  std::vector<std::string> references;
  try {
    references = column.is_string() ? std::vector<std::string>{column.as_string()} : column.as_strings();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("column '{}': {}", spec.references_column, error.what()));
  }
  if (references.empty())
    throw std::runtime_error(fmt::format("column '{}': an empty list of references", spec.references_column));
  return references;
}

/// In a mixture a template whose target is none of its choices is one for writing: imdb's negation offers "positive"
/// and asks for "positive review.". T0 trained on the target all the same.
bool is_for_writing(Kind kind, const PromptTemplate::Rendered& rendered) {
  if (kind == Kind::kGeneration || !rendered.choices) return true;
  if (kind == Kind::kClassification) return false;
  const std::vector<std::string>& choices = *rendered.choices;
  return choices.size() < 2 || std::find(choices.begin(), choices.end(), *rendered.target) == choices.end();
}

/// A column that a task reads, and who reads it.
struct NeededColumn {
  std::string name, reader;
};

std::vector<NeededColumn> needed_columns(const TaskSpec& spec, const std::vector<PromptTemplate>& templates) {
  std::vector<NeededColumn> needed;
  if (!spec.references_column.empty()) needed.push_back({spec.references_column, "references.column"});
  for (const PromptTemplate& prompt : templates)
    for (std::string& name : prompt.needed_columns())
      needed.push_back({std::move(name), fmt::format("template '{}'", prompt.name)});
  std::set<std::string> seen;
  std::erase_if(needed, [&](const NeededColumn& column) { return !seen.insert(column.name).second; });
  return needed;
}

/// To Jinja an absent column is an empty text, so a cut or wrong file would give instances all the same.
void check_columns(const std::vector<NeededColumn>& needed, const Row& row) {
  for (const auto& [name, reader] : needed) {
    if (row.columns.find(name) != nullptr) continue;
    std::vector<std::string> columns;
    for (const auto& [column, value] : row.columns.as_object()) columns.push_back(column);
    throw core::FileError(row.place, fmt::format("no column '{}', which {} reads{}; it has: {}", name, reader,
                                                 core::did_you_mean(name, columns), core::join(columns, ", ")));
  }
}

/// A column whose type is not read is absent from the rows; to a template that asks `is defined` it would seem
/// optional.
void refuse_unread_columns(const TaskSpec& spec, const std::vector<PromptTemplate>& templates, const RowReader& rows,
                           const std::string& file) {
  const auto refuse = [&](const std::string& name, const std::string& reader) {
    if (const auto unread = rows.unread_columns().find(name); unread != rows.unread_columns().end())
      throw core::FileError(file,
                            fmt::format("column '{}', which {} reads, has the type {}, which is not read: store it "
                                        "as text, a number or a list of them",
                                        name, reader, unread->second));
  };
  refuse(spec.references_column, "references.column");
  refuse(spec.label_column, "label.column");
  for (const auto& [name, type] : spec.data.columns) refuse(name, "data.columns");
  for (const PromptTemplate& prompt : templates)
    for (const std::string& name : prompt.columns()) refuse(name, fmt::format("template '{}'", prompt.name));
}

Cells cells_of(const std::filesystem::path& file) {
  const std::string ending =
      file.extension() == ".zst" || file.extension() == ".gz" ? file.stem().extension() : file.extension();
  return ending == ".csv" || ending == ".tsv" ? Cells::kText : Cells::kTyped;
}

class RenderedRows : public InstanceStream {
 public:
  RenderedRows(const TaskSpec& spec, const SplitFiles& files, std::vector<PromptTemplate> templates)
      : InstanceStream(files.origin),
        spec_(spec),
        templates_(std::move(templates)),
        needed_(needed_columns(spec, templates_)),
        cells_(cells_of(files.files.at(0))),
        rows_(open_rows(files.files, spec.data.table)) {
    refuse_unread_columns(spec, templates_, *rows_, files.files[0].string());
    check_class_names(spec, rows_->class_names(), files.files[0].string());
  }

  bool next(std::vector<core::Instance>* instances) override {
    std::optional<Row> row = rows_->next();
    counts_.skipped_lines = rows_->skipped_lines();
    if (!row) return false;
    if (instances != nullptr) instances->clear();
    to_hub_form(spec_.data, cells_, *row);
    check_columns(needed_, *row);
    if (!encode_label(spec_, *row, cells_)) {
      ++counts_.unlabelled;
    } else if (instances != nullptr) {
      for (const PromptTemplate& prompt : templates_) add_instance(prompt, *row, *instances);
    }
    ++counts_.rows;
    return true;
  }

 private:
  void add_instance(const PromptTemplate& prompt, const Row& row, std::vector<core::Instance>& instances) {
    try {
      std::optional<core::Instance> instance = render(prompt, row);
      if (!instance) {
        ++counts_.skipped;
        return;
      }
      instance->id = fmt::format("{}/{}", counts_.rows, prompt.name);
      instances.push_back(std::move(*instance));
    } catch (const std::exception& error) {
      throw core::FileError(row.place, fmt::format("template '{}': {}", prompt.name, error.what()));
    }
  }

  /// Nothing where the template skips the row.
  std::optional<core::Instance> render(const PromptTemplate& prompt, const Row& row) {
    const Truncation truncation = spec_.prompt.truncate ? Truncation::kOn : Truncation::kOff;
    PromptTemplate::Rendered rendered = prompt.render(row.columns, spec_.prompt.seed, truncation);
    if (!rendered.instruction || !rendered.target) return std::nullopt;
    counts_.cut_values += truncation == Truncation::kOn && was_cut(prompt, row, rendered);
    core::Instance instance;
    instance.template_name = prompt.name;
    instance.instruction = std::move(*rendered.instruction);
    if (spec_.kind == Kind::kClassification && !rendered.choices)
      throw std::runtime_error("a classification task needs a template with answer choices");
    if (is_for_writing(spec_.kind, rendered)) {
      instance.references = references_of(spec_, row, *rendered.target);
      return instance;
    }
    instance.choices = std::move(*rendered.choices);
    set_label(*rendered.target, instance);
    return instance;
  }

  /// Whether the rendering without cuts is another one.
  bool was_cut(const PromptTemplate& prompt, const Row& row, const PromptTemplate::Rendered& rendered) const {
    if (rendered.instruction->size() + rendered.target->size() < kShortestCut) return false;
    const PromptTemplate::Rendered whole = prompt.render(row.columns, spec_.prompt.seed, Truncation::kOff);
    return whole.instruction != rendered.instruction || whole.target != rendered.target;
  }

  const TaskSpec spec_;
  const std::vector<PromptTemplate> templates_;
  const std::vector<NeededColumn> needed_;
  const Cells cells_;
  const std::unique_ptr<RowReader> rows_;
};

}  // namespace

std::unique_ptr<InstanceStream> open_rendered(const TaskSpec& spec, const SplitFiles& files,
                                              std::vector<PromptTemplate> templates) {
  return std::make_unique<RenderedRows>(spec, files, std::move(templates));
}

}  // namespace tasks
