// Writing the resolved configuration: maps in block style, what is inside lists in flow style. Texts are JSON strings,
// which are YAML too, wherever plain text could be read as something else.
#include <fmt/format.h>

#include <algorithm>

#include "harness/run/experiment.h"

namespace run {
namespace {

using core::Json;

bool is_plain(const std::string& text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '/' || c == '.';
  };
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), plain) && text != "true" && text != "false" && text != "null";
}

std::string flow(const Json& value) {
  std::string out;
  if (value.is_array()) {
    for (const Json& item : value.as_array()) out += (out.empty() ? "" : ", ") + flow(item);
    return "[" + out + "]";
  }
  if (value.is_object()) {
    for (const auto& [key, item] : value.as_object())
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", key, flow(item));
    return "{" + out + "}";
  }
  return value.is_string() && is_plain(value.as_string()) ? value.as_string() : core::write_json(value);
}

/// A list of maps gets a line each.
std::string block(const Json& value) {
  const bool maps = value.is_array() && !value.as_array().empty() && value.as_array()[0].is_object();
  if (!maps) return " " + flow(value);
  std::string out;
  for (const Json& item : value.as_array()) out += "\n  - " + flow(item);
  return out;
}

void add_program(Json::Object& object, const ProgramChoice& program) {
  object.emplace_back("command", Json(Json::Array(program.words.begin(), program.words.end())));
  if (!program.version.empty()) object.emplace_back("version", program.version);
  object.emplace_back("timeout", static_cast<double>(program.timeout.count()) / 1000);
}

Json to_json(const ModelChoice& model) {
  if (!model.is_ours()) {
    Json::Object object{{"name", model.name}};
    if (model.program) add_program(object, *model.program);
    if (model.recorded) {
      object.emplace_back("recorded", model.written);
      object.emplace_back("format", to_string(model.recorded->format));
    }
    if (!model.family.empty()) object.emplace_back("family", model.family);
    return object;
  }
  Json::Object object{{"name", model.name}, {model.is_new ? "new" : "model", model.written}};
  if (model.is_new) object.emplace_back("seed", static_cast<std::int64_t>(model.seed));
  if (!model.revision.empty()) object.emplace_back("revision", model.revision);
  if (model.weights) object.emplace_back("weights", backbones::to_string(*model.weights));
  object.emplace_back("dtype", backbones::to_string(model.dtype));
  if (!model.label.empty()) object.emplace_back("label", model.label);
  object.emplace_back("device", model.device);
  if (!model.family.empty()) object.emplace_back("family", model.family);
  return object;
}

Json to_json(const std::vector<ModelChoice>& models) {
  Json::Array list;
  for (const ModelChoice& model : models) list.push_back(to_json(model));
  return list;
}

Json to_json(const backbones::Decoding& decoding) {
  using Early = backbones::Decoding::EarlyStopping;
  const Json early =
      decoding.early_stopping == Early::kNever ? Json("never") : Json(decoding.early_stopping == Early::kTrue);
  Json::Object object{{"name", decoding.name},
                      {"do_sample", decoding.do_sample},
                      {"num_beams", decoding.num_beams},
                      {"num_return_sequences", decoding.num_return_sequences},
                      {"temperature", decoding.temperature},
                      {"top_k", decoding.top_k},
                      {"top_p", decoding.top_p},
                      {"length_penalty", decoding.length_penalty},
                      {"early_stopping", early}};
  if (!decoding.stop_strings.empty())
    object.emplace_back("stop_strings", Json::Array(decoding.stop_strings.begin(), decoding.stop_strings.end()));
  return object;
}

Json to_json(const Lengths& lengths) {
  Json::Object object{{"max_length", lengths.max_length},
                      {"min_length", lengths.min_length},
                      {"max_source_length", lengths.max_source_length},
                      {"max_pair_length", lengths.max_pair_length},
                      {"truncation_side", tokenizer::to_string(lengths.truncation_side)}};
  if (lengths.max_response_length != backbones::kNoLimit) {
    object.emplace_back("max_response_length", lengths.max_response_length);
  }
  return object;
}

Json to_json(const metrics::Averages& averages) {
  return Json::Object{{"templates", metrics::to_string(averages.templates)},
                      {"tasks", metrics::to_string(averages.tasks)}};
}

}  // namespace

std::string resolved_yaml(const Experiment& experiment) {
  Json::Array tasks, methods, decodings;
  for (const std::string& task : experiment.tasks) tasks.push_back(task);
  for (const Method method : experiment.methods) methods.push_back(to_string(method));
  for (const backbones::Decoding& decoding : experiment.decodings) decodings.push_back(to_json(decoding));
  Json::Object object{{"experiment", experiment.name},
                      {"tasks", tasks},
                      {"backbones", to_json(experiment.backbones)},
                      {"scorers", to_json(experiment.scorers)},
                      {"methods", methods},
                      {"protocol", backbones::to_string(experiment.protocol)},
                      {"seeds", Json::Object{{"generate", static_cast<std::int64_t>(experiment.seeds.generate)},
                                             {"random", static_cast<std::int64_t>(experiment.seeds.random)}}},
                      {"lengths", to_json(experiment.lengths)},
                      {"average", to_json(experiment.average)}};
  if (experiment.few_shot) object.emplace_back("few_shot", to_json(*experiment.few_shot));
  if (!experiment.task_options.empty()) object.emplace_back("task_options", to_json(experiment.task_options));
  if (experiment.limit >= 0) object.emplace_back("limit", experiment.limit);
  if (experiment.metric) object.emplace_back("metric", to_json(*experiment.metric));
  if (!decodings.empty()) object.emplace(object.begin() + 3, "decoding", decodings);
  std::string out;
  for (const auto& [key, value] : object) out += key + ":" + block(value) + "\n";
  return out;
}

}  // namespace run
