// Task files: the table of keys (task_keys.cc) says what may stand where; here is what the keys say together.
#include "tasks/task_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"
#include "tasks/task_keys.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;
using core::Yaml;

void refuse(const Yaml& map, const std::vector<const char*>& keys, const std::string& reason) {
  for (const char* key : keys)
    if (const Yaml* value = map.find(key)) value->fail(reason);
}

void refuse_repeats(const Yaml& list, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second) list.fail(fmt::format("a name twice: '{}'", name));
}

/// Which of the sources a task names.
DataKind read_source(const Yaml& data, DataSpec& spec) {
  const std::pair<const char*, DataKind> kinds[] = {{"hub", DataKind::kHub},
                                                    {"bigbench", DataKind::kBigbench},
                                                    {"local", DataKind::kLocal},
                                                    {"authors", DataKind::kAuthors}};
  const char* found = nullptr;
  DataKind kind = DataKind::kLocal;
  for (const auto& [key, of_key] : kinds) {
    const Yaml* id = data.find(key);
    if (id == nullptr) continue;
    if (found != nullptr) id->fail(fmt::format("a second source beside {}", found));
    found = key;
    kind = of_key;
    spec.id = id->string();
    if (spec.id.empty()) id->fail("an empty name");
  }
  if (found == nullptr && data.find("files") == nullptr)
    data.fail("names no source: one of hub, bigbench, local, authors, or files alone");
  return kind;
}

char read_character(const Yaml& yaml) {
  if (yaml.string().size() != 1 || yaml.string()[0] == '\n' || yaml.string()[0] == '\r')
    yaml.fail("expected one character (in double quotes \"\\t\" for a tab)");
  return yaml.string()[0];
}

TableFormat read_table(const Yaml& table) {
  using Header = TableFormat::Header;
  TableFormat format;
  if (const Yaml* header = table.find("header"))
    format.header = static_cast<Header>(header->one_of({"first-line", "skip", "none"}));
  if (const Yaml* columns = table.find("columns")) {
    format.columns = columns->strings();
    refuse_repeats(*columns, format.columns);
    if (format.header == Header::kFirstLine)
      columns->fail("the first line names them: add `header: skip` or `header: none`");
  } else if (format.header != Header::kFirstLine) {
    table.at("header").fail("needs `columns`: their names");
  }
  if (const Yaml* delimiter = table.find("delimiter")) format.delimiter = read_character(*delimiter);
  if (const Yaml* quote = table.find("quote")) format.quote = quote->string() == "none" ? '\0' : read_character(*quote);
  if (format.quote != 0 && format.quote == format.delimiter) table.at("quote").fail("is the delimiter, too");
  format.skip_initial_space = table.boolean_or("skip_initial_space", false);
  if (table.string_or("other_length", "error") == "skip") format.other_length = TableFormat::OtherLength::kSkip;
  return format;
}

ColumnType read_column(const Yaml& yaml) {
  ColumnType type;
  if (yaml.is_list()) {
    type.kind = ColumnType::Kind::kClass;
    type.class_names = yaml.strings();
    refuse_repeats(yaml, type.class_names);
  } else {
    type.kind =
        static_cast<ColumnType::Kind>(yaml.one_of({"string", "integer", "number", "boolean", "list", "object"}));
  }
  return type;
}

void read_rename(const Yaml& rename, DataSpec& spec) {
  std::set<std::string> targets;
  for (const std::string& raw : rename.keys()) {
    const Yaml& name = rename.at(raw);
    if (name.string() == raw) name.fail("is the name already");
    if (!targets.insert(name.string()).second) name.fail(fmt::format("a second column is called '{}'", name.string()));
    spec.rename.emplace_back(raw, name.string());
  }
}

void refuse_unknown_split(const Yaml& yaml, const DataSpec& spec, const std::string& split) {
  if (split == spec.test_split || split == spec.train_split) return;
  std::vector<std::string> known;
  for (const std::string& name : {spec.test_split, spec.train_split})
    if (!name.empty()) known.push_back(name);
  yaml.fail("is neither `split` nor `train` of this task" + core::did_you_mean(split, known));
}

void read_splits(const Yaml& data, DataSpec& spec) {
  spec.test_split = data.string_or("split", "");
  spec.train_split = data.string_or("train", "");
  if (spec.test_split.empty() && spec.train_split.empty()) data.at("split");
  if (spec.train_split == spec.test_split) data.at("train").fail("is the split that is measured");
  if (const Yaml* files = data.find("files")) {
    for (const std::string& split : files->keys()) {
      refuse_unknown_split(files->at(split), spec, split);
      spec.files[split] = files->at(split).strings();
    }
  }
  if (const Yaml* rows = data.find("rows")) {
    for (const std::string& split : rows->keys()) {
      refuse_unknown_split(rows->at(split), spec, split);
      spec.rows[split] = rows->at(split).integer();
    }
  }
}

/// Keys that mean something for some sources alone.
void check_source(const Yaml& data, const DataSpec& spec) {
  const bool hub = spec.kind == DataKind::kHub, authors = spec.kind == DataKind::kAuthors;
  if (!hub) refuse(data, {"revision"}, "belongs to hub alone");
  if (!hub && !authors) refuse(data, {"config"}, "belongs to hub and authors");
  if (authors) data.at("config");
  if (spec.kind == DataKind::kBigbench || authors)
    refuse(data, {"files", "columns", "table", "rename", "loader"}, "belongs to data with rows and columns");
  if (hub && std::count(spec.id.begin(), spec.id.end(), '/') > 1) data.at("hub").fail("expected ORG/NAME");
  if (spec.id.empty()) {
    for (const std::string& split : {spec.test_split, spec.train_split})
      if (!split.empty() && !spec.files.contains(split))
        data.at("files").fail(fmt::format("lacks the split '{}'", split));
  }
}

DataSpec read_data(const Yaml& data) {
  DataSpec spec;
  spec.kind = read_source(data, spec);
  spec.config = data.string_or("config", "");
  spec.revision = data.string_or("revision", "");
  read_splits(data, spec);
  if (const Yaml* columns = data.find("columns"))
    for (const std::string& name : columns->keys()) spec.columns[name] = read_column(columns->at(name));
  if (const Yaml* table = data.find("table")) spec.table = read_table(*table);
  if (const Yaml* rename = data.find("rename")) read_rename(*rename, spec);
  spec.loader = data.string_or("loader", "");
  check_source(data, spec);
  return spec;
}

/// `entry` is a phrasing of its own, or the prompt where it has one alone.
InlineTemplate read_inline_template(const Yaml& entry, const TaskSpec& spec) {
  InlineTemplate phrasing;
  phrasing.name = entry.string_or("name", "default");
  phrasing.instruction = entry.at("instruction").string();
  phrasing.target = entry.string_or("target", "");
  phrasing.choices = entry.string_or("choices", "");
  phrasing.line = entry.at("instruction").line();
  const bool has_choices = entry.find("choices") != nullptr;
  if (spec.kind == Kind::kClassification) entry.at("choices");
  if (spec.kind == Kind::kGeneration && has_choices) entry.at("choices").fail("a generation task has no choices");
  const bool has_references = !spec.references_column.empty();
  if (has_references == (entry.find("target") != nullptr))
    entry.fail(has_references || spec.kind == Kind::kGeneration
                   ? "the answers come from `target` here or from `references` of the task: from one of the two"
                   : "lacks `target`: the right one of the choices");
  return phrasing;
}

void add_inline_template(const Yaml& entry, TaskSpec& spec) {
  InlineTemplate phrasing = read_inline_template(entry, spec);
  for (const InlineTemplate& earlier : spec.prompt.inline_templates)
    if (earlier.name == phrasing.name) entry.at("name").fail("a second template of this name");
  spec.prompt.inline_templates.push_back(std::move(phrasing));
}

void read_promptsource(const Yaml& prompt, TaskSpec& spec) {
  refuse(prompt, {"instruction", "target", "choices"}, "PromptSource's templates say it already");
  if (!spec.references_column.empty() && spec.kind != Kind::kGeneration)
    prompt.at("promptsource").fail("its templates have targets");
  spec.prompt.promptsource = prompt.at("promptsource").string();
  spec.prompt.truncate = prompt.boolean_or("truncate", true);
  const Yaml* templates = prompt.find("templates");
  if (templates == nullptr) return;
  if (!templates->is_list()) {
    spec.prompt.templates = templates->string();
    return;
  }
  spec.prompt.templates = "listed";
  spec.prompt.template_names = templates->strings();
  refuse_repeats(*templates, spec.prompt.template_names);
}

void read_prompt(const Yaml& prompt, TaskSpec& spec) {
  spec.prompt.seed = static_cast<std::uint64_t>(prompt.integer_or("seed", 0));
  if (prompt.find("promptsource") != nullptr) return read_promptsource(prompt, spec);
  refuse(prompt, {"truncate"}, "belongs to `promptsource`: a phrasing of the task's own is rendered as it is written");
  const Yaml* templates = prompt.find("templates");
  if (templates == nullptr) {
    if (prompt.find("instruction") == nullptr) prompt.fail("names no phrasing: promptsource, templates or instruction");
    return add_inline_template(prompt, spec);
  }
  refuse(prompt, {"instruction", "target", "choices"}, "stands beside `templates`: move it into that list");
  if (!templates->is_list()) templates->fail("without `promptsource`, expected a list of phrasings");
  for (const Yaml& entry : templates->items()) {
    if (!entry.is_map())
      entry.fail("expected a phrasing with `name` and `instruction`; names belong to `promptsource`");
    add_inline_template(entry, spec);
  }
}

void read_label(const Yaml& label, TaskSpec& spec) {
  if (spec.kind == Kind::kGeneration) label.fail("a generation task has no label");
  spec.label_column = label.at("column").string();
  spec.label_missing = label.integer_or("missing", -1);
  const Yaml* names = label.find("names");
  if (names == nullptr) return;
  std::vector<std::string> spellings;
  for (const Yaml& name : names->items()) {
    spec.label_names.push_back(name.strings());
    spellings.insert(spellings.end(), spec.label_names.back().begin(), spec.label_names.back().end());
  }
  refuse_repeats(*names, spellings);
  if (spec.label_missing >= 0 && spec.label_missing < static_cast<std::int64_t>(spec.label_names.size()))
    label.at("missing").fail(fmt::format("{} is the class '{}'; rows without a label need another number",
                                         spec.label_missing,
                                         spec.label_names[static_cast<std::size_t>(spec.label_missing)].front()));
  if (const auto column = spec.data.columns.find(spec.label_column);
      column != spec.data.columns.end() && column->second.kind == ColumnType::Kind::kClass)
    names->fail(fmt::format("`data.columns.{}` has the classes already: remove one of the two", spec.label_column));
}

void read_metric(const Yaml& task, TaskSpec& spec) {
  const Yaml* metric = task.find("metric");
  if (spec.data.test_split.empty()) {
    if (metric != nullptr)
      metric->fail("the task is for training alone: name the split that is measured by `data.split`");
    return;
  }
  spec.metric = spec.kind == Kind::kGeneration ? "rouge_l" : "accuracy";
  if (metric != nullptr && metric->string() != spec.metric)
    metric->fail(fmt::format("a {} task is measured by {}", to_string(spec.kind), spec.metric));
}

void check_kind(const Yaml& task, const TaskSpec& spec) {
  if (spec.kind == Kind::kMixed && !spec.data.test_split.empty())
    task.at("kind").fail(
        "a mixed task is for training alone: remove `data.split`, or say classification or generation");
  if (spec.data.kind == DataKind::kBigbench && spec.kind != Kind::kGeneration)
    task.at("kind").fail("BIG-bench tasks are presented as generation");
  if (spec.data.kind == DataKind::kAuthors) {
    const Kind expected = spec.data.id == "bigbench" ? Kind::kGeneration : Kind::kClassification;
    if (spec.kind != expected)
      task.at("kind").fail(fmt::format("the lines of {} are for {}", spec.data.id, to_string(expected)));
  }
}

void read_instances(const Yaml& task, TaskSpec& spec) {
  const bool ready = spec.data.kind == DataKind::kBigbench || spec.data.kind == DataKind::kAuthors;
  if (ready) {
    const char* reason = spec.data.kind == DataKind::kBigbench ? "BIG-bench's task.json says it already"
                                                               : "the authors' lines say it already";
    return refuse(task, {"prompt", "references", "label"}, reason);
  }
  if (const Yaml* references = task.find("references")) {
    if (spec.kind != Kind::kGeneration) references->fail(fmt::format("a {} task has targets", to_string(spec.kind)));
    spec.references_column = references->at("column").string();
  }
  if (const Yaml* label = task.find("label")) read_label(*label, spec);
  read_prompt(task.at("prompt"), spec);
}

void check_few_shot(const Yaml& yaml, const TaskSpec& spec) {
  if (spec.few_shot.k > 0 && spec.data.train_split.empty())
    yaml.at("k").fail("needs `data.train`: the split that the examples are taken from");
  if (spec.few_shot.balanced && spec.kind != Kind::kClassification)
    yaml.at("balanced").fail("a generation task has no classes");
}

Provenance read_provenance(const Yaml& yaml) {
  Provenance provenance;
  provenance.homepage = yaml.string_or("homepage", "");
  provenance.licence = yaml.string_or("licence", "");
  provenance.note = yaml.string_or("note", "");
  provenance.unproven = yaml.boolean_or("unproven", false);
  if (const Yaml* seen_by = yaml.find("seen_by")) provenance.seen_by = seen_by->strings();
  return provenance;
}

/// A name that becomes part of file names and keys.
std::string read_name(const Yaml& yaml) {
  if (!core::is_name(yaml.string())) yaml.fail(fmt::format("'{}' is no name: {}", yaml.string(), core::kNameRule));
  return yaml.string();
}

std::vector<std::string> read_groups(const Yaml& yaml) {
  std::vector<std::string> groups = yaml.strings();
  for (const std::string& group : groups)
    if (!core::is_name(group)) yaml.fail(fmt::format("'{}' is no name: {}", group, core::kNameRule));
  return groups;
}

}  // namespace

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::kClassification:
      return "classification";
    case Kind::kGeneration:
      return "generation";
    case Kind::kMixed:
      return "mixed";
  }
  throw std::invalid_argument("an unknown kind of task");
}

core::TaskKind TaskSpec::measured_kind() const {
  if (kind == Kind::kMixed) throw std::logic_error("a mixed task is not measured: " + name);
  return kind == Kind::kGeneration ? core::TaskKind::kGeneration : core::TaskKind::kClassification;
}

TaskSpec read_task(const fs::path& file) {
  const Yaml task = Yaml::from_file(file);
  core::check(task, task_keys());
  TaskSpec spec;
  spec.file = file;
  spec.name = read_name(task.at("task"));
  spec.description = task.string_or("description", "");
  if (const Yaml* group = task.find("group")) spec.groups = read_groups(*group);
  spec.kind = static_cast<Kind>(task.at("kind").one_of({"classification", "generation", "mixed"}));
  spec.version = static_cast<int>(task.integer_or("version", 1));
  spec.data = read_data(task.at("data"));
  check_kind(task, spec);
  read_instances(task, spec);
  read_metric(task, spec);
  if (const Yaml* few_shot = task.find("few_shot")) {
    spec.few_shot = read_few_shot(*few_shot);
    check_few_shot(*few_shot, spec);
  }
  if (const Yaml* mixture = task.find("mixture")) {
    spec.mixture.cap = mixture->at("cap").integer();
    if (spec.data.train_split.empty()) mixture->fail("needs `data.train`");
  }
  if (const Yaml* source = task.find("source")) spec.provenance = read_provenance(*source);
  return spec;
}

int line_of_key(const TaskSpec& spec, const std::vector<std::string>& path) {
  const Yaml file = Yaml::from_file(spec.file);
  const Yaml* place = &file;
  for (const std::string& key : path) {
    const Yaml* next = place->is_map() ? place->find(key) : nullptr;
    if (next == nullptr) break;
    place = next;
  }
  return place->line();
}

}  // namespace tasks
