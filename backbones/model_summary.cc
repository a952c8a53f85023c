#include "backbones/model_summary.h"

#include <ATen/ops/equal.h>
#include <fmt/format.h>

#include <set>

#include "backbones/config_file.h"
#include "backbones/new_model.h"
#include "backbones/opt_config.h"
#include "backbones/roberta.h"
#include "backbones/t5_config.h"
#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/errors.h"

namespace backbones {
namespace {

namespace fs = std::filesystem;
using checkpoint::Checkpoint;
using checkpoint::StoredTensor;
using checkpoint::TensorShape;

const std::string kHead = "lm_head.weight";

std::int64_t numbers(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

/// The name under which the file has the embedding.
std::string embedding_name(const Checkpoint& weights, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (weights.has(name)) return name;
  return names.front();
}

/// The head of a language model: the file's own where it differs from the embedding. Files of PyTorch name a tied one
/// twice.
Head head_of(const Checkpoint& weights, const std::string& embedding) {
  if (!weights.has(kHead)) return Head::kTied;
  if (!weights.has(embedding)) return Head::kOwn;
  return at::equal(weights.read(kHead), weights.read(embedding)) ? Head::kTied : Head::kOwn;
}

void add_head(const Checkpoint& weights, const TensorShape& embedding, ModelSummary& summary) {
  summary.head.kind = head_of(weights, embedding.name);
  if (summary.head.kind == Head::kOwn) summary.needed.push_back({kHead, embedding.shape});
}

void read_t5(const fs::path& folder, const Checkpoint& weights, ModelSummary& summary) {
  const T5Config config = read_t5_config(folder);
  summary.needed = t5_tensors(config);
  summary.needed.front().name =
      embedding_name(weights, {"shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"});
  summary.head.scaled = config.scale_outputs;
  add_head(weights, TensorShape(summary.needed.front()), summary);
}

void read_opt(const fs::path& folder, const Checkpoint& weights, ModelSummary& summary) {
  const OptConfig config = read_opt_config(folder);
  const std::string embedding =
      embedding_name(weights, {"model.decoder.embed_tokens.weight", "decoder.embed_tokens.weight"});
  const std::string prefix = embedding.substr(0, embedding.size() - std::string("embed_tokens.weight").size());
  summary.needed = opt_tensors(config, prefix);
  add_head(weights, {embedding, {config.vocab_size, config.word_embed_proj_dim}}, summary);
}

/// Throws core::FileError where config.json is not of a network of ours.
void read_network(const fs::path& folder, const Checkpoint& weights, ModelSummary& summary) {
  const ConfigFile config(folder / "config.json");
  if (summary.family == "t5") {
    read_t5(folder, weights, summary);
  } else if (summary.family == "opt") {
    read_opt(folder, weights, summary);
  } else if (summary.family == "roberta") {
    const RobertaConfig roberta = read_roberta_config(folder);
    summary.labels = roberta.labels;
    summary.needed = roberta_tensors(roberta);
  } else {
    config.fail("model_type", fmt::format("'{}' is no network of ours: t5, opt and roberta are", summary.family));
  }
  summary.shape = read_network_shape(folder);
}

/// Splits what the files have into what the network reads and what it leaves.
void compare_tensors(const Checkpoint& weights, ModelSummary& summary) {
  std::set<std::string> needed;
  for (const TensorShape& tensor : summary.needed) needed.insert(tensor.name);
  std::vector<std::string> left;
  std::int64_t all = 0;
  for (const StoredTensor& tensor : weights.tensors()) {
    summary.stored[type_name(tensor.type)] += numbers(tensor.shape);
    all += numbers(tensor.shape);
    if (needed.empty()) continue;
    if (needed.count(tensor.name)) {
      summary.parameters += numbers(tensor.shape);
    } else {
      summary.unused.push_back(tensor);
      left.push_back(tensor.name);
    }
  }
  if (needed.empty()) summary.parameters = all;
  if (needed.empty() || !summary.problem.empty()) return;
  try {
    weights.require(summary.needed, left);
  } catch (const core::FileError& error) {
    summary.problem = error.what();
  }
}

std::string tokenizer_kind(const fs::path& file) {
  if (file.filename() == "spiece.model") return "Unigram";
  if (file.filename() != "tokenizer.json") return "BPE";
  const core::Json json = core::read_json_file(file.string());
  return json.at("model").at("type").as_string();
}

/// The file that load_tokenizer begins with; empty where there is none.
std::string tokenizer_file(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "spiece.model", "vocab.json"})
    if (fs::exists(folder / name)) return name;
  return "";
}

std::optional<TokenizerSummary> summarize_tokenizer(const fs::path& folder) {
  TokenizerSummary summary;
  summary.file = tokenizer_file(folder);
  if (summary.file.empty()) return std::nullopt;
  try {
    summary.pieces = tokenizer::load_tokenizer(folder)->size();
    summary.kind = tokenizer_kind(folder / summary.file);
  } catch (const std::runtime_error& error) {
    summary.problem = error.what();
  }
  return summary;
}

}  // namespace

std::vector<Job> ModelSummary::jobs() const {
  if (!shape) return {};
  if (shape->decoder_layers == 0) return {Job::kScoring};
  return {Job::kGeneration, Job::kLogLikelihood};
}

ModelSummary summarize_model(const fs::path& folder) {
  const ConfigFile config(folder / "config.json");
  const Checkpoint weights(folder, std::nullopt);
  ModelSummary summary;
  summary.family = config.string_or("model_type", "");
  if (const core::Json* names = config.find("architectures"); names != nullptr && names->is_array())
    if (!names->as_array().empty() && names->as_array().front().is_string())
      summary.architecture = names->as_array().front().as_string();
  summary.random_weights = has_random_weights(folder);
  summary.files = weights.files();
  try {
    read_network(folder, weights, summary);
  } catch (const core::FileError& error) {
    summary.problem = error.what();
  }
  compare_tensors(weights, summary);
  summary.tokenizer = summarize_tokenizer(folder);
  return summary;
}

std::string type_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kDouble:
      return "float64";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    default:
      return c10::toString(type);
  }
}

}  // namespace backbones
