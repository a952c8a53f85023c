// Shapes: T tokens of all N sequences of a call, packed; H heads of width K; D = H K.
#include "backbones/roberta.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <cmath>

#include "backbones/config_file.h"
#include "backbones/nn/attention.h"
#include "backbones/nn/device.h"
#include "backbones/nn/heads.h"
#include "backbones/nn/linear.h"
#include "backbones/nn/loading_memory.h"
#include "harness/core/errors.h"

namespace backbones {
namespace {

constexpr std::int64_t kMostLabels = 1'000'000;
constexpr std::int64_t kMostLayers = 10'000;  // beyond it the number is a mistake

/// The reference counts id2label where it is there, else num_labels, else takes 2; names are LABEL_N unless given.
std::vector<std::string> read_labels(const ConfigFile& file) {
  const core::Json* names = file.find("id2label");
  if (names != nullptr && !names->is_object()) file.fail("id2label", "expected an object, found " + names->kind());
  const std::int64_t count = names != nullptr          ? static_cast<std::int64_t>(names->as_object().size())
                             : file.find("num_labels") ? file.integer("num_labels", 0, kMostLabels)
                                                       : 2;
  if (count == 0) file.fail(names ? "id2label" : "num_labels", "a scorer needs at least one label");
  std::vector<std::string> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    const core::Json* name = names != nullptr ? names->find(std::to_string(i)) : nullptr;
    if (names != nullptr && (name == nullptr || !name->is_string()))
      file.fail("id2label", fmt::format("expected the name of label {} under \"{}\"", i, i));
    labels.push_back(name != nullptr ? name->as_string() : fmt::format("LABEL_{}", i));
  }
  return labels;
}

std::string layer_prefix(std::int64_t layer) { return fmt::format("roberta.encoder.layer.{}.", layer); }

/// What the reference leaves unused under a regression head.
std::vector<std::string> tolerated_tensors() {
  return {"roberta.pooler.dense.weight",
          "roberta.pooler.dense.bias",
          "roberta.embeddings.position_ids",
          "roberta.embeddings.token_type_ids",
          "lm_head.bias",
          "lm_head.dense.weight",
          "lm_head.dense.bias",
          "lm_head.layer_norm.weight",
          "lm_head.layer_norm.bias",
          "lm_head.decoder.weight",
          "lm_head.decoder.bias"};
}

struct Norm {
  at::Tensor weight, bias;  // [D]
  double epsilon = 0;
  at::Tensor forward(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight, bias, epsilon); }
};

struct Layer {
  nn::Linear qkv;  // [3 * H * K padded, D]
  nn::Linear attention_output, intermediate, output;
  Norm attention_norm, norm;
};

/// Takes tensors out of a checkpoint onto the device.
class Loader {
 public:
  Loader(const ModelOptions& options, const RobertaConfig& config, at::Device device)
      : files_(options.folder, options.weights), options_(options), device_(device), epsilon_(config.layer_norm_eps) {
    if (!files_.has("classifier.dense.weight") && !files_.has("classifier.out_proj.weight"))
      throw core::FileError(options.folder.string(),
                            "no head (classifier.dense and classifier.out_proj): this is not a scorer");
    files_.require(roberta_tensors(config), tolerated_tensors());
  }
  at::Tensor tensor(const std::string& name, at::IntArrayRef shape) { return files_.take(name, shape).to(device_); }
  nn::Linear linear(const std::string& name, at::IntArrayRef shape) {
    return nn::Linear(tensor(name + ".weight", shape), tensor(name + ".bias", {shape[0]}), options_);
  }
  Norm norm(const std::string& name, std::int64_t width) {
    return {tensor(name + ".weight", {width}), tensor(name + ".bias", {width}), epsilon_};
  }

  const ModelOptions& options() const { return options_; }

 private:
  checkpoint::Checkpoint files_;
  const ModelOptions& options_;
  at::Device device_;
  double epsilon_;
};

/// Queries, keys and values in one product.
nn::Linear load_qkv(Loader& loader, const RobertaConfig& c, const std::string& prefix) {
  std::vector<at::Tensor> weights, biases;
  for (const char* part : {"query", "key", "value"}) {
    const std::string name = prefix + "attention.self." + part;
    weights.push_back(
        nn::pad_heads(loader.tensor(name + ".weight", {c.hidden_size, c.hidden_size}), 0, c.num_attention_heads));
    biases.push_back(nn::pad_heads(loader.tensor(name + ".bias", {c.hidden_size}), 0, c.num_attention_heads));
  }
  return nn::Linear(weights, at::cat(biases), loader.options());
}

nn::Linear load_attention_output(Loader& loader, const RobertaConfig& c, const std::string& prefix) {
  const std::string name = prefix + "attention.output.dense";
  const at::Tensor weight = loader.tensor(name + ".weight", {c.hidden_size, c.hidden_size});
  return nn::Linear(nn::pad_heads(weight, 1, c.num_attention_heads), loader.tensor(name + ".bias", {c.hidden_size}),
                    loader.options());
}

Layer load_layer(Loader& loader, const RobertaConfig& c, std::int64_t index) {
  const std::string prefix = layer_prefix(index);
  const std::int64_t d = c.hidden_size, f = c.intermediate_size;
  return {load_qkv(loader, c, prefix),
          load_attention_output(loader, c, prefix),
          loader.linear(prefix + "intermediate.dense", {f, d}),
          loader.linear(prefix + "output.dense", {d, f}),
          loader.norm(prefix + "attention.output.LayerNorm", d),
          loader.norm(prefix + "output.LayerNorm", d)};
}

std::vector<nn::LengthGroup> groups_of(std::span<const std::vector<std::int32_t>> sequences) {
  std::vector<std::int64_t> lengths;
  for (const auto& ids : sequences) lengths.push_back(static_cast<std::int64_t>(ids.size()));
  return nn::group_lengths(lengths);
}

/// A token's position is its rank among the tokens that are not padding; padding (the text "<pad>") has its own.
struct PackedTokens {
  at::Tensor ids, positions;  // [T] int64
};

PackedTokens pack(std::span<const std::vector<std::int32_t>> sequences, const RobertaConfig& c, at::Device device) {
  std::vector<std::int64_t> ids, positions;
  for (const auto& sequence : sequences) {
    if (sequence.empty() || static_cast<std::int64_t>(sequence.size()) > c.max_tokens())
      throw std::invalid_argument(
          fmt::format("a sequence of {} tokens; this model takes 1 to {}: lower the maximum length", sequence.size(),
                      c.max_tokens()));
    std::int64_t rank = 0;
    for (const std::int32_t id : sequence) {
      if (id < 0 || id >= c.vocab_size)
        throw std::invalid_argument(
            fmt::format("token id {} is outside the model's vocabulary of {}: not its tokenizer", id, c.vocab_size));
      ids.push_back(id);
      positions.push_back(c.pad_token_id + (id == c.pad_token_id ? 0 : ++rank));
    }
  }
  return {at::tensor(ids).to(device), at::tensor(positions).to(device)};
}

/// softmax(Q K^T / sqrt(K)) V within each sequence: x [T, D] -> [T, H * K padded].
at::Tensor attend(const Layer& layer, const at::Tensor& x, std::span<const nn::LengthGroup> groups,
                  const RobertaConfig& c) {
  const at::Tensor qkv = layer.qkv.forward(x).unflatten(1, {3, c.num_attention_heads, -1});
  const auto no_bias = [](std::int64_t) { return at::Tensor(); };
  const auto width = static_cast<double>(c.hidden_size / c.num_attention_heads);
  return nn::self_attention(qkv, groups, no_bias, 1 / std::sqrt(width));
}

/// Rows of the first token of every sequence.
at::Tensor first_tokens(std::span<const nn::LengthGroup> groups, at::Device device) {
  std::vector<std::int64_t> rows;
  for (const nn::LengthGroup& group : groups)
    for (std::int64_t i = 0; i < group.count; ++i) rows.push_back(group.begin + i * group.length);
  return at::tensor(rows).to(device);
}

/// tanh row by row: the library's kernel treats the last elements of a tensor differently, so bits would depend on
/// neighbours.
at::Tensor tanh_rows(const at::Tensor& x) {
  at::Tensor y = at::empty_like(x);
  for (std::int64_t row = 0; row < x.size(0); ++row) y[row].copy_(at::tanh(x[row]));
  return y;
}

/// The part of a layer after attention, over any subset of rows: x and attended [R, D] -> [R, D].
at::Tensor finish_layer(const Layer& layer, const at::Tensor& x, const at::Tensor& attended) {
  const at::Tensor middle = layer.attention_norm.forward(layer.attention_output.forward(attended, {.residual = x}));
  const at::Tensor inner = layer.intermediate.forward(middle, {.activation = nn::Activation::kGelu});
  return layer.norm.forward(layer.output.forward(inner, {.residual = middle}));
}

}  // namespace

RobertaConfig read_roberta_config(const std::filesystem::path& folder) {
  const ConfigFile file(folder / "config.json");
  if (!file.find("model_type")) file.fail("model_type", "is missing");
  file.only("model_type", "roberta", "a scorer is a RoBERTa with a regression or classification head");
  file.only("hidden_act", "gelu", "only the exact GELU is supported");
  file.only("position_embedding_type", "absolute", "only absolute positions are supported");
  RobertaConfig c;
  c.labels = read_labels(file);
  c.vocab_size = file.size_or("vocab_size", c.vocab_size);
  c.hidden_size = file.size_or("hidden_size", c.hidden_size);
  c.num_hidden_layers = file.size_or("num_hidden_layers", c.num_hidden_layers);
  c.num_attention_heads = file.size_or("num_attention_heads", c.num_attention_heads);
  c.intermediate_size = file.size_or("intermediate_size", c.intermediate_size);
  c.max_position_embeddings = file.size_or("max_position_embeddings", c.max_position_embeddings);
  c.type_vocab_size = file.size_or("type_vocab_size", c.type_vocab_size);
  c.pad_token_id = file.find("pad_token_id") ? file.integer("pad_token_id", 0, c.vocab_size - 1) : c.pad_token_id;
  c.layer_norm_eps = file.positive_or("layer_norm_eps", c.layer_norm_eps);
  if (c.num_hidden_layers > kMostLayers)
    file.fail("num_hidden_layers",
              fmt::format("{} is above the {} that are allowed", c.num_hidden_layers, kMostLayers));
  if (c.hidden_size % c.num_attention_heads != 0)
    file.fail("hidden_size",
              fmt::format("{} is not a multiple of num_attention_heads {}", c.hidden_size, c.num_attention_heads));
  if (c.max_tokens() < 1)
    file.fail("max_position_embeddings",
              fmt::format("{} leaves no position beside padding's", c.max_position_embeddings));
  return c;
}

std::vector<checkpoint::TensorShape> roberta_tensors(const RobertaConfig& c) {
  const std::int64_t d = c.hidden_size;
  std::vector<checkpoint::TensorShape> list;
  const auto matrix = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    list.push_back({name + ".weight", shape});
    list.push_back({name + ".bias", {shape[0]}});
  };
  const auto norm = [&](const std::string& name) {
    list.push_back({name + ".weight", {d}});
    list.push_back({name + ".bias", {d}});
  };
  list.push_back({"roberta.embeddings.word_embeddings.weight", {c.vocab_size, d}});
  list.push_back({"roberta.embeddings.position_embeddings.weight", {c.max_position_embeddings, d}});
  list.push_back({"roberta.embeddings.token_type_embeddings.weight", {c.type_vocab_size, d}});
  norm("roberta.embeddings.LayerNorm");
  for (std::int64_t layer = 0; layer < c.num_hidden_layers; ++layer) {
    for (const char* part :
         {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"})
      matrix(layer_prefix(layer) + part, {d, d});
    matrix(layer_prefix(layer) + "intermediate.dense", {c.intermediate_size, d});
    matrix(layer_prefix(layer) + "output.dense", {d, c.intermediate_size});
    norm(layer_prefix(layer) + "attention.output.LayerNorm");
    norm(layer_prefix(layer) + "output.LayerNorm");
  }
  matrix("classifier.dense", {d, d});
  matrix("classifier.out_proj", {static_cast<std::int64_t>(c.labels.size()), d});
  return list;
}

struct Roberta::Weights {
  at::Tensor words, positions;  // [V, D]; [P, D]
  at::Tensor type;              // [D], of token type 0
  Norm embedding_norm;
  std::vector<Layer> layers;
  nn::Linear dense, out;
};

Roberta::Roberta(const ModelOptions& options)
    : config_(read_roberta_config(options.folder)),
      device_(nn::device_from(options.device)),
      weights_(std::make_unique<Weights>()) {
  const c10::InferenceMode guard;
  const nn::LoadingMemory memory;
  const RobertaConfig& c = config_;
  const std::int64_t d = c.hidden_size;
  Loader loader(options, c, device_);
  const std::string prefix = "roberta.embeddings.";
  weights_->words = loader.tensor(prefix + "word_embeddings.weight", {c.vocab_size, d});
  weights_->positions = loader.tensor(prefix + "position_embeddings.weight", {c.max_position_embeddings, d});
  weights_->type = loader.tensor(prefix + "token_type_embeddings.weight", {c.type_vocab_size, d})[0];
  weights_->embedding_norm = loader.norm(prefix + "LayerNorm", d);
  for (std::int64_t i = 0; i < c.num_hidden_layers; ++i) weights_->layers.push_back(load_layer(loader, c, i));
  weights_->dense = loader.linear("classifier.dense", {d, d});
  weights_->out = loader.linear("classifier.out_proj", {static_cast<std::int64_t>(c.labels.size()), d});
}

Roberta::~Roberta() = default;

std::vector<float> Roberta::logits(std::span<const std::vector<std::int32_t>> sequences) const {
  if (sequences.empty()) return {};
  const c10::InferenceMode guard;
  const Weights& w = *weights_;
  const std::vector<nn::LengthGroup> groups = groups_of(sequences);
  const PackedTokens tokens = pack(sequences, config_, device_);
  at::Tensor x = w.embedding_norm.forward(at::embedding(w.words, tokens.ids) + w.type +
                                          at::embedding(w.positions, tokens.positions));  // [T, D]
  const at::Tensor first = first_tokens(groups, device_);                                 // [N]
  for (std::size_t i = 0; i < w.layers.size(); ++i) {
    const Layer& layer = w.layers[i];
    at::Tensor attended = attend(layer, x, groups, config_);
    if (i + 1 == w.layers.size()) {  // the head reads the first token only
      x = x.index_select(0, first);
      attended = attended.index_select(0, first);
    }
    x = finish_layer(layer, x, attended);
  }
  const at::Tensor logits =
      w.out.forward(tanh_rows(w.dense.forward(x))).flatten().to(at::kCPU).contiguous();  // [N * labels]
  return {logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel()};
}

}  // namespace backbones
