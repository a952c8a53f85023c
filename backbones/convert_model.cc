#include "backbones/convert_model.h"

#include <ATen/ops/aminmax.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/model_summary.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/hub/model_files.h"

namespace backbones {
namespace {

namespace fs = std::filesystem;
using checkpoint::Checkpoint;
using core::Json;

constexpr const char* kHead = "lm_head.weight";

at::ScalarType scalar_type(NumberFormat format) {
  switch (format) {
    case NumberFormat::kFloat32:
      return at::kFloat;
    case NumberFormat::kFloat16:
      return at::kHalf;
    case NumberFormat::kBfloat16:
      return at::kBFloat16;
    case NumberFormat::kInt8:
      break;
  }
  throw core::UsageError("--weights int8: weights are written as float32, float16 or bfloat16");
}

/// The name that the reference writes: files of other makers keep another one of the tied names, or lack a prefix.
std::string reference_name(const std::string& family, const std::string& name) {
  const bool is_embedding = name == "encoder.embed_tokens.weight" || name == "decoder.embed_tokens.weight";
  if (family == "t5" && is_embedding) return "shared.weight";
  if (family == "opt" && name.starts_with("decoder.")) return "model." + name;
  return name;
}

/// Where config.json denies a tie, the reference wants the head in the file, equal to the embedding or not.
bool keeps_equal_head(const fs::path& folder) {
  const Json config = core::read_json_file((folder / "config.json").string());
  const Json* tie = config.find("tie_word_embeddings");
  return tie != nullptr && *tie == Json(false);
}

/// What is written: the reference's name -> the tensor of the source.
std::map<std::string, checkpoint::StoredTensor> choose_tensors(const fs::path& folder, const Checkpoint& weights,
                                                               const ModelSummary& summary, Conversion& conversion) {
  std::map<std::string, std::string> name_of;
  for (const checkpoint::TensorShape& tensor : summary.needed)
    name_of.emplace(tensor.name, reference_name(summary.family, tensor.name));
  if (weights.has(kHead) && keeps_equal_head(folder)) name_of.emplace(kHead, kHead);
  std::map<std::string, checkpoint::StoredTensor> chosen;
  for (const checkpoint::StoredTensor& tensor : weights.tensors()) {
    const auto found = name_of.find(tensor.name);
    if (found == name_of.end()) {
      conversion.left_out.push_back(tensor.name);
    } else {
      chosen.emplace(found->second, tensor);
    }
  }
  return chosen;
}

/// The tensor in its new type; finite, so that a rounding that overflows is seen here and not in a score.
at::Tensor converted(const Checkpoint& weights, const checkpoint::StoredTensor& stored, at::ScalarType type) {
  const at::Tensor tensor = weights.read(stored.name).to(type);
  if (tensor.numel() == 0) return tensor;
  const auto [low, high] = at::aminmax(tensor.to(at::kFloat));
  if (!std::isfinite(low.item<float>()) || !std::isfinite(high.item<float>()))
    throw core::FileError(stored.file.string(),
                          fmt::format("tensor '{}' is not finite as {}", stored.name, type_name(type)));
  return tensor;
}

void write_weights(const fs::path& out, const Checkpoint& weights,
                   const std::map<std::string, checkpoint::StoredTensor>& chosen,
                   const std::optional<NumberFormat>& format) {
  std::vector<checkpoint::NewTensor> tensors;
  for (const auto& [name, stored] : chosen)
    tensors.push_back({name, stored.shape, format ? scalar_type(*format) : stored.type});
  checkpoint::write_safetensors(out, tensors, [&](const checkpoint::NewTensor& tensor) {
    return converted(weights, chosen.at(tensor.name), tensor.type);
  });
}

/// config.json says what type the weights have, under the name of transformers 5 or the older one.
void write_config(const fs::path& from, const fs::path& to, const std::optional<NumberFormat>& format) {
  const std::string text = core::read_file(from);
  if (!format) return core::write_file(to, text);
  Json config = core::parse_json(text);
  Json::Object& entries = std::get<Json::Object>(config.value());
  bool known = false;
  for (auto& [key, value] : entries) {
    if (key != "dtype" && key != "torch_dtype") continue;
    value = to_string(*format);
    known = true;
  }
  if (!known) entries.emplace_back("dtype", to_string(*format));
  core::write_file(to, core::write_json_pretty(config));
}

void copy_description(const fs::path& folder, const fs::path& out, const std::optional<NumberFormat>& format) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  for (const std::string& name : hub::files_of_tokenizer(names)) {
    if (name == "config.json") {
      write_config(folder / name, out / name, format);
    } else {
      core::write_file(out / name, core::read_file(folder / name));
    }
  }
}

}  // namespace

Conversion convert_model(const fs::path& folder, const fs::path& out, std::optional<NumberFormat> weights) {
  if (weights) scalar_type(*weights);
  core::AtomicFolder made(out);
  const ModelSummary summary = summarize_model(folder);
  if (!summary.problem.empty()) throw core::FileError(folder.string(), "cannot be converted: " + summary.problem);
  const Checkpoint source(folder, std::nullopt);
  Conversion conversion;
  const auto chosen = choose_tensors(folder, source, summary, conversion);
  write_weights(made.path() / "model.safetensors", source, chosen, weights);
  copy_description(folder, made.path(), weights);
  made.commit();
  conversion.tensors = static_cast<std::int64_t>(chosen.size());
  return conversion;
}

}  // namespace backbones
