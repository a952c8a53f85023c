#include "reports/run_summary.h"

#include "harness/core/errors.h"
#include "harness/core/json_lines.h"

namespace reports {
namespace {

using core::Json;

/// Reads every line by `parse`; what it throws gets the file and the line.
template <class Parse>
auto read_lines(const std::filesystem::path& path, Parse parse) {
  std::vector<decltype(parse(Json()))> records;
  std::int64_t line = 0;
  for (const core::JsonRecord& record : core::read_json_lines(path)) {
    ++line;
    try {
      records.push_back(parse(record.to_json()));
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(path, line, error.what());
    }
  }
  return records;
}

/// JSON Lines.
template <class Record>
std::string lines_of(const std::vector<Record>& records) {
  std::string out;
  for (const Record& record : records) out += core::write_json(to_json(record)) + "\n";
  return out;
}

}  // namespace

Json to_json(const TaskCounters& counters) {
  return Json::Object{{"task", counters.task},
                      {"backbone", counters.backbone},
                      {"instances", counters.instances},
                      {"inputs", counters.inputs},
                      {"inputs_cut", counters.inputs_cut},
                      {"outputs", counters.outputs},
                      {"outputs_at_limit", counters.outputs_at_limit},
                      {"self_scored", counters.self_scored},
                      {"self_scored_cut", counters.self_scored_cut},
                      {"pairs", counters.pairs},
                      {"pairs_cut", counters.pairs_cut},
                      {"references", counters.references},
                      {"references_too_long", counters.references_too_long},
                      {"responses", counters.responses},
                      {"empty_responses", counters.empty_responses}};
}

TaskCounters counters_from_json(const Json& json) {
  TaskCounters counters;
  counters.task = json.at("task").as_string();
  counters.backbone = json.at("backbone").as_string();
  counters.instances = json.at("instances").as_integer();
  counters.inputs = json.at("inputs").as_integer();
  counters.inputs_cut = json.at("inputs_cut").as_integer();
  counters.outputs = json.at("outputs").as_integer();
  counters.outputs_at_limit = json.at("outputs_at_limit").as_integer();
  counters.self_scored = json.at("self_scored").as_integer();
  counters.self_scored_cut = json.at("self_scored_cut").as_integer();
  counters.pairs = json.at("pairs").as_integer();
  counters.pairs_cut = json.at("pairs_cut").as_integer();
  counters.references = json.at("references").as_integer();
  counters.references_too_long = json.at("references_too_long").as_integer();
  counters.responses = json.at("responses").as_integer();
  counters.empty_responses = json.at("empty_responses").as_integer();
  return counters;
}

Json to_json(const TemplateRow& row) {
  Json::Object object = core::to_json(row.row).as_object();
  object.insert(object.begin() + 1, {"template", row.template_name});
  return object;
}

TemplateRow template_row_from_json(const Json& json) {
  return {json.at("template").as_string(), core::result_row_from_json(json)};
}

Json to_json(const TaskData& data) {
  Json::Array seen_by;
  for (const SeenBy& seen : data.seen_by) {
    const Json object = Json::Object{{"model", seen.model}, {"family", seen.family}};
    seen_by.push_back(object);
  }
  return Json::Object{{"task", data.task},
                      {"source", data.source},
                      {"revision", data.revision},
                      {"origin", data.origin},
                      {"split", data.split},
                      {"rows", data.rows},
                      {"templates", data.templates},
                      {"instances", data.instances},
                      {"skipped", data.skipped},
                      {"unlabelled", data.unlabelled},
                      {"empty_references", data.empty_references},
                      {"cut_values", data.cut_values},
                      {"shots", data.shots},
                      {"unproven", data.unproven},
                      {"seen_by", seen_by},
                      {"warnings", Json::Array(data.warnings.begin(), data.warnings.end())}};
}

TaskData task_data_from_json(const Json& json) {
  TaskData data;
  data.task = json.at("task").as_string();
  data.source = json.at("source").as_string();
  data.revision = json.at("revision").as_string();
  data.origin = json.at("origin").as_string();
  data.split = json.at("split").as_string();
  data.rows = json.at("rows").as_integer();
  data.templates = json.at("templates").as_integer();
  data.instances = json.at("instances").as_integer();
  data.skipped = json.at("skipped").as_integer();
  data.unlabelled = json.at("unlabelled").as_integer();
  data.empty_references = json.at("empty_references").as_integer();
  data.cut_values = json.at("cut_values").as_integer();
  data.shots = json.at("shots").as_integer();
  data.unproven = json.at("unproven").as_bool();
  for (const Json& seen : json.at("seen_by").as_array()) {
    data.seen_by.push_back({seen.at("model").as_string(), seen.at("family").as_string()});
  }
  data.warnings = json.at("warnings").as_strings();
  return data;
}

std::string summary_json(const RunSummary& summary) {
  Json::Array random_models;
  for (const std::string& model : summary.random_models) random_models.push_back(model);
  const Json average = Json::Object{{"templates", metrics::to_string(summary.averages.templates)},
                                    {"tasks", metrics::to_string(summary.averages.tasks)}};
  return core::write_json_pretty(Json::Object{{"experiment", summary.experiment},
                                              {"protocol", summary.protocol},
                                              {"setting", summary.setting},
                                              {"average", average},
                                              {"random_models", random_models}});
}

std::string results_jsonl(const RunSummary& summary) { return lines_of(summary.rows); }

std::string counters_jsonl(const RunSummary& summary) { return lines_of(summary.counters); }

std::string templates_jsonl(const RunSummary& summary) { return lines_of(summary.template_rows); }

std::string data_jsonl(const RunSummary& summary) { return lines_of(summary.data); }

RunSummary read_run(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "summary.json";
  RunSummary summary;
  const Json json = core::read_json_file(file);
  try {
    summary.experiment = json.at("experiment").as_string();
    summary.protocol = json.at("protocol").as_string();
    summary.setting = json.at("setting").as_string();
    summary.random_models = json.at("random_models").as_strings();
    summary.averages.templates = metrics::mean_from(json.at("average").at("templates").as_string());
    summary.averages.tasks = metrics::mean_from(json.at("average").at("tasks").as_string());
  } catch (const std::runtime_error& error) {
    throw core::FileError(file, error.what());
  }
  summary.rows = read_lines(folder / "results.jsonl", core::result_row_from_json);
  summary.counters = read_lines(folder / "counters.jsonl", counters_from_json);
  summary.template_rows = read_lines(folder / "templates.jsonl", template_row_from_json);
  summary.data = read_lines(folder / "data.jsonl", task_data_from_json);
  return summary;
}

}  // namespace reports
