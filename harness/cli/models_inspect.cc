// `cappy models inspect`: what a model folder holds, for people or as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "backbones/model_summary.h"
#include "harness/cli/models_verbs.h"
#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/text.h"
#include "harness/hub/model_files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using backbones::ModelSummary;
using core::Json;

struct NamedPrecision {
  const char* name;
  backbones::Precision precision;
};

const NamedPrecision kPrecisions[] = {
    {"float32", {}},
    {"float16-weights", {.weights = backbones::NumberFormat::kFloat16}},
    {"bfloat16", {.dtype = backbones::NumberFormat::kBfloat16}},
    {"int8", {.dtype = backbones::NumberFormat::kInt8}},
};

/// 12345678 -> "12,345,678".
std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string gigabytes(std::int64_t bytes) { return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9); }

std::string shape_text(const std::vector<std::int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// The files that a run of the model reads.
struct HashedFile {
  std::string name, sha256;
  std::int64_t bytes = 0;
};

std::vector<HashedFile> hash_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  std::vector<HashedFile> files;
  for (const std::string& name : hub::files_of_model(names))
    files.push_back({name, core::sha256_file(folder / name), static_cast<std::int64_t>(fs::file_size(folder / name))});
  return files;
}

struct Inspected {
  hub::ModelFolder place;
  ModelSummary summary;
  std::vector<HashedFile> files;

  backbones::MemoryNeed memory(backbones::Job job, const backbones::Precision& precision) const {
    const backbones::BatchExtent extent = backbones::default_extent(job, backbones::budget_of(0));
    return {backbones::weight_bytes(summary.needed, summary.head.kind, precision),
            backbones::batch_bytes(*summary.shape, job, extent)};
  }
};

std::string head_text(const backbones::HeadSummary& head) {
  switch (head.kind) {
    case backbones::Head::kTied:
      return "tied to the embedding";
    case backbones::Head::kOwn:
      return "own (lm_head.weight)";
    case backbones::Head::kNone:
      break;
  }
  return "";
}

std::string shape_line(const backbones::NetworkShape& shape) {
  std::string layers = std::to_string(std::max(shape.encoder_layers, shape.decoder_layers)) + " layers";
  if (shape.encoder_layers > 0 && shape.decoder_layers > 0)
    layers = fmt::format("{} + {} layers", shape.encoder_layers, shape.decoder_layers);
  return fmt::format("{}, width {}, attention {}, feed-forward {}{}", layers, shape.width, shape.attention_width,
                     shape.inner_width, shape.inner_matrices == 3 ? " gated" : "");
}

void print_line(std::string_view name, const std::string& text) {
  if (!text.empty()) std::cout << fmt::format("{:<14} {}\n", name, text);
}

std::string tokenizer_text(const ModelSummary& summary) {
  if (!summary.tokenizer) return "none";
  if (!summary.tokenizer->problem.empty()) return "cannot be used: " + summary.tokenizer->problem;
  return fmt::format("{}, {} pieces, from {}", summary.tokenizer->kind, grouped(summary.tokenizer->pieces),
                     summary.tokenizer->file);
}

void print_network(const ModelSummary& summary) {
  print_line("architecture", summary.architecture.empty()
                                 ? summary.family
                                 : fmt::format("{} ({})", summary.architecture, summary.family));
  if (summary.shape) print_line("sizes", shape_line(*summary.shape));
  print_line("parameters", grouped(summary.parameters));
  std::vector<std::string> stored;
  for (const auto& [type, count] : summary.stored) stored.push_back(fmt::format("{} {}", grouped(count), type));
  print_line("stored", core::join(stored, ", "));
  if (summary.head.kind != backbones::Head::kNone)
    print_line("head", fmt::format("{}; states are {}scaled before it", head_text(summary.head),
                                   summary.head.scaled ? "" : "not "));
  print_line("labels", core::join(summary.labels, ", "));
  print_line("tokenizer", tokenizer_text(summary));
  if (summary.random_weights) print_line("weights", "random: nobody trained this model");
  print_line("PROBLEM", summary.problem);
}

void print_memory(const Inspected& model) {
  if (model.summary.jobs().empty()) return;
  std::cout << "\nmemory at most, with the default batch\n";
  std::cout << fmt::format("  {:<16} {:>12}", "", "weights");
  for (const backbones::Job job : model.summary.jobs()) std::cout << fmt::format(" {:>14}", to_string(job));
  std::cout << '\n';
  for (const NamedPrecision& row : kPrecisions) {
    const std::int64_t weights = backbones::weight_bytes(model.summary.needed, model.summary.head.kind, row.precision);
    std::cout << fmt::format("  {:<16} {:>12}", row.name, gigabytes(weights));
    for (const backbones::Job job : model.summary.jobs())
      std::cout << fmt::format(" {:>14}", gigabytes(model.memory(job, row.precision).peak()));
    std::cout << '\n';
  }
}

void print(const Inspected& model) {
  print_line("folder", model.place.folder.string());
  print_line("commit", model.place.commit);
  print_network(model.summary);
  print_memory(model);
  std::cout << "\nfiles\n";
  for (const HashedFile& file : model.files)
    std::cout << fmt::format("  {:>14}  {}  {}\n", grouped(file.bytes), file.sha256, file.name);
  if (model.summary.unused.empty()) return;
  std::cout << "\ntensors that the network does not read, as the reference leaves them\n";
  for (const checkpoint::StoredTensor& tensor : model.summary.unused)
    std::cout << fmt::format("  {} {}\n", tensor.name, shape_text(tensor.shape));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json json_of_memory(const Inspected& model) {
  Json::Object memory;
  for (const NamedPrecision& row : kPrecisions) {
    Json::Object jobs{
        {"weights", backbones::weight_bytes(model.summary.needed, model.summary.head.kind, row.precision)}};
    for (const backbones::Job job : model.summary.jobs())
      jobs.emplace_back(to_string(job), model.memory(job, row.precision).peak());
    memory.emplace_back(row.name, std::move(jobs));
  }
  return memory;
}

Json json_of_tokenizer(const ModelSummary& summary) {
  if (!summary.tokenizer) return {};
  return Json::Object{{"kind", text_or_null(summary.tokenizer->kind)},
                      {"file", summary.tokenizer->file},
                      {"pieces", summary.tokenizer->pieces},
                      {"problem", text_or_null(summary.tokenizer->problem)}};
}

Json json_of_files(const std::vector<HashedFile>& hashed) {
  Json::Array files;
  for (const HashedFile& file : hashed) {
    const Json entry = Json::Object{{"file", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}};
    files.push_back(entry);
  }
  return files;
}

Json json_of_unused(const ModelSummary& summary) {
  Json::Array unused;
  for (const checkpoint::StoredTensor& tensor : summary.unused) {
    const Json entry =
        Json::Object{{"name", tensor.name}, {"shape", Json::Array(tensor.shape.begin(), tensor.shape.end())}};
    unused.push_back(entry);
  }
  return unused;
}

Json to_json(const Inspected& model) {
  const ModelSummary& summary = model.summary;
  Json::Object stored;
  for (const auto& [type, count] : summary.stored) stored.emplace_back(type, count);
  Json::Array weights, labels;
  for (const fs::path& file : summary.files) weights.emplace_back(file.filename().string());
  for (const std::string& label : summary.labels) labels.emplace_back(label);
  Json::Object json{{"folder", model.place.folder.string()},
                    {"commit", text_or_null(model.place.commit)},
                    {"model_type", text_or_null(summary.family)},
                    {"architecture", text_or_null(summary.architecture)},
                    {"random_weights", summary.random_weights},
                    {"parameters", summary.parameters},
                    {"stored", std::move(stored)},
                    {"weights", std::move(weights)}};
  if (summary.head.kind != backbones::Head::kNone)
    json.emplace_back(
        "head", Json::Object{{"tied", summary.head.kind == backbones::Head::kTied}, {"scaled", summary.head.scaled}});
  json.emplace_back("labels", std::move(labels));
  json.emplace_back("tokenizer", json_of_tokenizer(summary));
  json.emplace_back("problem", text_or_null(summary.problem));
  if (summary.shape) json.emplace_back("memory", json_of_memory(model));
  json.emplace_back("files", json_of_files(model.files));
  json.emplace_back("unused", json_of_unused(summary));
  return json;
}

}  // namespace

int run_models_inspect(const Words& words) {
  VerbSyntax syntax = syntax_with_model("models inspect",
                                        "DIR|ID [options]\n\n"
                                        "Shows architecture, parameters, the head in use, tokenizer, files with their "
                                        "SHA-256, the memory that\n"
                                        "scoring and generation need by precision, and the tensors that are left "
                                        "unused. Exit 1 where the model\n"
                                        "cannot be used");
  syntax.own.add_options()("json", po::bool_switch(), "as JSON, bytes in full");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  ModelHub models(core::progress_mode_from(common.progress));
  const hub::ModelFolder place = model_in(values, models);
  const Inspected model{place, backbones::summarize_model(place.folder), hash_files(place.folder)};
  if (values["json"].as<bool>()) {
    std::cout << core::write_json_pretty(to_json(model));
  } else {
    print(model);
  }
  return static_cast<int>(model.summary.problem.empty() ? core::ExitCode::kDone : core::ExitCode::kFailed);
}

}  // namespace cli
