#include "harness/core/records.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace core {
namespace {

/// Reads a field, and names it where it is of another kind.
template <class Read>
auto named(std::string_view key, const Json& json, Read read) {
  try {
    return read(json);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("field '{}': {}", key, error.what()));
  }
}

const Json& need(const Json& json, std::string_view key) {
  if (const Json* value = json.find(key)) return *value;
  throw std::runtime_error(fmt::format("field '{}' is missing", key));
}

/// nullptr where the field is absent or null.
const Json* present(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::string text(const Json& json, std::string_view key) {
  return named(key, need(json, key), [](const Json& value) { return value.as_string(); });
}
double number(const Json& json, std::string_view key) {
  return named(key, need(json, key), [](const Json& value) { return value.as_double(); });
}
std::int64_t integer(const Json& json, std::string_view key) {
  return named(key, need(json, key), [](const Json& value) { return value.as_integer(); });
}
std::int64_t integer_or(const Json& json, std::string_view key, std::int64_t otherwise) {
  return present(json, key) ? integer(json, key) : otherwise;
}
std::string text_or_empty(const Json& json, std::string_view key) {
  return present(json, key) ? text(json, key) : std::string();
}
std::vector<std::string> texts_or_empty(const Json& json, std::string_view key) {
  if (!present(json, key)) return {};
  return named(key, need(json, key), [](const Json& value) { return value.as_strings(); });
}

std::vector<std::int32_t> token_ids(const Json& json) {
  std::vector<std::int32_t> ids;
  for (const Json& id : json.as_array()) {
    const std::int64_t value = id.as_integer();
    if (value < 0 || value > INT32_MAX) throw std::runtime_error(fmt::format("{} is no token id", value));
    ids.push_back(static_cast<std::int32_t>(value));
  }
  return ids;
}

Json list(const std::vector<std::string>& items) { return Json(Json::Array(items.begin(), items.end())); }

TaskKind task_kind(const std::string& name) {
  if (name == "classification") return TaskKind::kClassification;
  if (name == "generation") return TaskKind::kGeneration;
  throw std::runtime_error(fmt::format("field 'kind': '{}' is neither classification nor generation", name));
}

End end_of(const std::string& name) {
  if (name == "eos") return End::kEos;
  if (name == "stop") return End::kStop;
  if (name == "length") return End::kLength;
  throw std::runtime_error(fmt::format("field 'end': '{}' is none of eos, stop, length", name));
}

}  // namespace

bool is_right_choice(const JsonRecord& record) {
  const std::int64_t label = record.integer("label");
  if (label != 0 && label != 1)
    throw std::runtime_error("field 'label': expected 0 or 1, found " + std::to_string(label));
  return label == 1;
}

std::string to_string(TaskKind kind) {
  switch (kind) {
    case TaskKind::kClassification:
      return "classification";
    case TaskKind::kGeneration:
      return "generation";
  }
  throw std::invalid_argument("an unknown kind of task");
}

std::string to_string(End end) {
  switch (end) {
    case End::kEos:
      return "eos";
    case End::kStop:
      return "stop";
    case End::kLength:
      return "length";
    case End::kUnknown:
      return "unknown";
  }
  throw std::invalid_argument("an unknown end");
}

Json to_json(const Instance& instance) {
  Json::Object out{{"id", instance.id}};
  if (!instance.template_name.empty()) out.emplace_back("template", instance.template_name);
  if (!instance.shots.empty()) out.emplace_back("shots", instance.shots);
  out.emplace_back("instruction", instance.instruction);
  if (!instance.references.empty()) out.emplace_back("references", list(instance.references));
  if (!instance.choices.empty()) out.emplace_back("choices", list(instance.choices));
  if (instance.label) out.emplace_back("label", *instance.label);
  return out;
}

Instance instance_from_json(const Json& json) {
  Instance out;
  out.id = text(json, "id");
  out.template_name = text_or_empty(json, "template");
  out.shots = text_or_empty(json, "shots");
  out.instruction = text(json, "instruction");
  out.references = texts_or_empty(json, "references");
  out.choices = texts_or_empty(json, "choices");
  if (present(json, "label")) out.label = integer(json, "label");
  return out;
}

Json to_json(const Candidate& candidate) {
  const bool known = !std::isnan(candidate.log_likelihood);
  const bool counted = candidate.tokens != kUnknownCount;
  const bool listed = !candidate.ids.empty() || candidate.tokens == 0;
  return Json::Object{{"response", candidate.response},
                      {"decoding", candidate.decoding},
                      {"draw", candidate.draw},
                      {"ids", listed ? Json(Json::Array(candidate.ids.begin(), candidate.ids.end())) : Json()},
                      {"log_likelihood", known ? Json(candidate.log_likelihood) : Json()},
                      {"tokens", counted ? Json(candidate.tokens) : Json()},
                      {"end", candidate.end == End::kUnknown ? Json() : Json(to_string(candidate.end))}};
}

Candidate candidate_from_json(const Json& json) {
  Candidate out;
  out.response = text(json, "response");
  out.decoding = text(json, "decoding");
  out.draw = integer(json, "draw");
  if (present(json, "ids")) out.ids = named("ids", need(json, "ids"), token_ids);
  out.log_likelihood = present(json, "log_likelihood") ? number(json, "log_likelihood") : std::nan("");
  const auto ids = static_cast<std::int64_t>(out.ids.size());
  out.tokens = integer_or(json, "tokens", out.ids.empty() ? kUnknownCount : ids);
  out.end = present(json, "end") ? end_of(text(json, "end")) : End::kUnknown;
  return out;
}

Json to_json(const TrainingPair& pair) {
  return Json::Object{{"instruction", pair.instruction}, {"response", pair.response}, {"score", pair.score}};
}

TrainingPair training_pair_from_json(const Json& json) {
  return {text(json, "instruction"), text(json, "response"), number(json, "score")};
}

Json to_json(const Prediction& prediction) {
  return Json::Object{{"method", prediction.method},
                      {"choice", prediction.choice},
                      {"response", prediction.response},
                      {"value", prediction.value}};
}

Prediction prediction_from_json(const Json& json) {
  return {text(json, "method"), integer(json, "choice"), text(json, "response"), number(json, "value")};
}

Json to_json(const ResultRow& row) {
  return Json::Object{{"task", row.task},
                      {"kind", to_string(row.kind)},
                      {"backbone", row.backbone},
                      {"scorer", row.scorer},
                      {"method", row.method},
                      {"metric", row.metric},
                      {"value", row.value ? Json(*row.value) : Json()},
                      {"n", row.n}};
}

ResultRow result_row_from_json(const Json& json) {
  ResultRow out;
  out.task = text(json, "task");
  out.kind = task_kind(text(json, "kind"));
  out.backbone = text_or_empty(json, "backbone");
  out.scorer = text_or_empty(json, "scorer");
  out.method = text(json, "method");
  out.metric = text(json, "metric");
  if (present(json, "value")) out.value = number(json, "value");
  out.n = integer(json, "n");
  return out;
}

}  // namespace core
