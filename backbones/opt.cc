#include "backbones/opt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backbones/nn/causal_attention.h"
#include "backbones/nn/device.h"
#include "backbones/nn/heads.h"
#include "backbones/nn/linear.h"
#include "backbones/nn/loading_memory.h"
#include "backbones/opt_session.h"
#include "harness/core/errors.h"

namespace backbones {
namespace {

constexpr std::int64_t kPositionOffset = 2;  // rows of the table in front of position 0
constexpr double kNormEpsilon = 1e-5;        // not configurable in the reference

struct Norm {
  at::Tensor weight, bias;  // [D], or undefined: without an affine part
  std::int64_t width = 0;

  at::Tensor forward(const at::Tensor& x) const { return at::layer_norm(x, {width}, weight, bias, kNormEpsilon); }
};

struct Layer {
  nn::Linear qkv;  // [3 * H * K, D]
  nn::Linear attention_out, in, out;
  Norm attention_norm, norm;
};

/// Takes the tensors of a checkpoint, layer by layer, and packs them.
class Loader {
 public:
  Loader(checkpoint::Checkpoint& file, const OptConfig& config, const ModelOptions& options)
      : file_(file), config_(config), options_(options), device_(nn::device_from(options.device)) {}

  at::Tensor take(const std::string& name, std::vector<std::int64_t> shape) {
    return file_.take(name, shape).to(device_);
  }

  nn::Linear matrix(const at::Tensor& weight) const { return {weight, at::Tensor(), options_}; }

  nn::Linear linear(const std::string& name, std::int64_t out, std::int64_t in) {
    return {take(name + ".weight", {out, in}), bias(name, out), options_};
  }

  Norm norm(const std::string& name) {
    const std::int64_t width = config_.hidden_size;
    if (!config_.elementwise_affine) return {{}, {}, width};
    return {take(name + ".weight", {width}), take(name + ".bias", {width}), width};
  }

  Layer layer(const std::string& name) {
    const std::int64_t width = config_.hidden_size;
    return {qkv(name + "self_attn."),
            attention_out(name + "self_attn.out_proj"),
            linear(name + "fc1", config_.ffn_dim, width),
            linear(name + "fc2", width, config_.ffn_dim),
            norm(name + "self_attn_layer_norm"),
            norm(name + "final_layer_norm")};
  }

 private:
  at::Tensor bias(const std::string& name, std::int64_t out) {
    return config_.enable_bias ? take(name + ".bias", {out}) : at::Tensor();
  }

  nn::Linear qkv(const std::string& attention) {
    const std::int64_t width = config_.hidden_size, heads = config_.num_attention_heads;
    std::vector<at::Tensor> weights, biases;
    for (const char* part : {"q_proj", "k_proj", "v_proj"}) {
      weights.push_back(nn::pad_heads(take(attention + part + ".weight", {width, width}), 0, heads));
      if (config_.enable_bias) biases.push_back(nn::pad_heads(bias(attention + part, width), 0, heads));
    }
    return {at::cat(weights), biases.empty() ? at::Tensor() : at::cat(biases), options_};
  }

  nn::Linear attention_out(const std::string& name) {
    const std::int64_t width = config_.hidden_size;
    const at::Tensor weight = nn::pad_heads(take(name + ".weight", {width, width}), 1, config_.num_attention_heads);
    return {weight, bias(name, width), options_};
  }

  checkpoint::Checkpoint& file_;
  const OptConfig& config_;
  const ModelOptions& options_;
  at::Device device_;
};

/// Old files keep the decoder as the whole model.
std::string prefix_of(const checkpoint::Checkpoint& file) {
  return file.has("decoder.embed_tokens.weight") ? "decoder." : "model.decoder.";
}

void require_all(const checkpoint::Checkpoint& file, const OptConfig& config) {
  const std::string prefix = prefix_of(file);
  std::vector<checkpoint::TensorShape> needed = opt_tensors(config, prefix);
  if (!config.tied || file.has("lm_head.weight"))
    needed.push_back({"lm_head.weight", {config.vocab_size, config.word_embed_proj_dim}});
  file.require(needed, {prefix + "version"});  // what the reference leaves unused
}

}  // namespace

struct Opt::Weights {
  at::Tensor embedding;  // [V, E]
  at::Tensor positions;  // [positions + 2, D]
  nn::Linear project_in, project_out;
  std::vector<Layer> layers;
  Norm final_norm;
  nn::Linear head;
  at::Tensor no_bias;  // [H, positions] of zeros: attention without a bias by distance

  Weights(checkpoint::Checkpoint& file, const OptConfig& c, const ModelOptions& options) {
    Loader loader(file, c, options);
    const std::string prefix = prefix_of(file);
    embedding = loader.take(prefix + "embed_tokens.weight", {c.vocab_size, c.word_embed_proj_dim});
    positions =
        loader.take(prefix + "embed_positions.weight", {c.max_position_embeddings + kPositionOffset, c.hidden_size});
    if (c.is_projected()) {
      const std::int64_t outer = c.word_embed_proj_dim, inner = c.hidden_size;
      project_in = loader.matrix(loader.take(prefix + "project_in.weight", {inner, outer}));
      project_out = loader.matrix(loader.take(prefix + "project_out.weight", {outer, inner}));
    }
    for (std::int64_t i = 0; i < c.num_hidden_layers; ++i)
      layers.push_back(loader.layer(fmt::format("{}layers.{}.", prefix, i)));
    if (c.final_norm) final_norm = loader.norm(prefix + "final_layer_norm");
    // A head that differs from the embedding counts as it stands, whatever config.json says of tying: so the reference.
    head = loader.matrix(
        file.has("lm_head.weight") ? loader.take("lm_head.weight", {c.vocab_size, c.word_embed_proj_dim}) : embedding);
    no_bias = at::zeros({c.num_attention_heads, c.max_position_embeddings}, positions.options());
  }
};

Opt::Opt(const ModelOptions& options)
    : config_(read_opt_config(options.folder)),
      width_(nn::padded_width(config_.head_width())),
      device_(nn::device_from(options.device)) {
  const nn::LoadingMemory memory;
  checkpoint::Checkpoint file(options.folder, options.weights);
  require_all(file, config_);
  weights_ = std::make_unique<Weights>(file, config_, options);
}

Opt::~Opt() = default;

decoding::Ids Opt::prompt(const decoding::Ids& source) const {
  return source.empty() ? decoding::Ids{config_.start_token} : source;
}

std::int64_t Opt::cache_bytes_per_token() const {
  return config_.num_hidden_layers * 2 * config_.num_attention_heads * width_ *
         static_cast<std::int64_t>(sizeof(float));
}

nn::KeyValuePool Opt::make_pool() const {
  return {{config_.num_hidden_layers, config_.num_attention_heads, width_}, device_};
}

std::unique_ptr<decoding::DecoderSession> Opt::encode(std::span<const decoding::Ids> sources) const {
  return std::make_unique<OptSession>(*this, sources);
}

/// Tokens and their positions -> [R, D].
at::Tensor Opt::embed(std::span<const std::int32_t> ids, std::span<const std::int64_t> positions) const {
  std::vector<std::int64_t> places;
  for (const std::int64_t position : positions) {
    if (position >= config_.max_position_embeddings)
      throw std::invalid_argument(fmt::format(
          "a text and what follows it have more tokens than the {} positions of this model: lower the maximum "
          "lengths",
          config_.max_position_embeddings));
    places.push_back(position + kPositionOffset);
  }
  for (const std::int32_t id : ids)
    if (id < 0 || id >= config_.vocab_size)
      throw std::invalid_argument(
          fmt::format("token id {} is outside the model's vocabulary of {}", id, config_.vocab_size));
  const at::Tensor index = at::tensor(at::ArrayRef<std::int32_t>(ids.data(), ids.size()), at::kInt).to(device_);
  const at::Tensor words = weights_->embedding.index_select(0, index);
  return (config_.is_projected() ? weights_->project_in.forward(words) : words) +
         weights_->positions.index_select(0, at::tensor(places).to(device_));
}

namespace {

/// A layer without what attention is made of: x and mixed [R, D] and [R, H * K] -> [R, D].
at::Tensor finish_layer(const Layer& layer, const OptConfig& config, const at::Tensor& x, const at::Tensor& mixed) {
  at::Tensor states = layer.attention_out.forward(mixed, {.residual = x});
  if (!config.norm_before) states = layer.attention_norm.forward(states);
  const nn::Activation activation = config.gelu ? nn::Activation::kGelu : nn::Activation::kRelu;
  const at::Tensor inner =
      layer.in.forward(config.norm_before ? layer.norm.forward(states) : states, {.activation = activation});
  states = layer.out.forward(inner, {.residual = states});
  return config.norm_before ? states : layer.norm.forward(states);
}

/// x [R, D] -> [R, 3, H, K], the queries scaled.
at::Tensor project(const Layer& layer, const OptConfig& config, const at::Tensor& x) {
  at::Tensor qkv = layer.qkv.forward(config.norm_before ? layer.attention_norm.forward(x) : x)
                       .unflatten(1, {3, config.num_attention_heads, -1});
  qkv.select(1, 0).mul_(1 / std::sqrt(static_cast<double>(config.head_width())));
  return qkv;
}

}  // namespace

void Opt::prefill(std::span<const decoding::Ids> sequences, nn::KeyValuePool& pool) const {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> positions, lengths;
  for (const decoding::Ids& sequence : sequences) {
    if (sequence.empty()) continue;
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    lengths.push_back(static_cast<std::int64_t>(sequence.size()));
    for (std::int64_t i = 0; i < lengths.back(); ++i) positions.push_back(i);
  }
  if (ids.empty()) return;
  const std::vector<nn::LengthGroup> groups = nn::group_lengths(lengths);
  const std::int64_t first = pool.rows(), count = static_cast<std::int64_t>(ids.size());
  pool.grow(count);
  at::Tensor states = embed(ids, positions);  // [T, D]
  for (std::size_t i = 0; i < weights_->layers.size(); ++i) {
    const Layer& layer = weights_->layers[i];
    const at::Tensor qkv = project(layer, config_, states);
    pool.layer(static_cast<std::int64_t>(i)).narrow(0, first, count).copy_(qkv.narrow(1, 1, 2));
    if (i + 1 < weights_->layers.size())  // of the last layer only keys and values are read
      states = finish_layer(layer, config_, states, nn::causal_attention(qkv, groups));
  }
}

at::Tensor Opt::decode(std::span<const std::int32_t> tokens, const nn::KeyLists& keys, nn::KeyValuePool& pool) const {
  const std::int64_t first = pool.rows(), count = static_cast<std::int64_t>(tokens.size());
  std::vector<std::int64_t> positions;
  for (std::int64_t r = 0; r < count; ++r) positions.push_back(keys.begin[r + 1] - keys.begin[r] - 1);
  pool.grow(count);
  at::Tensor states = embed(tokens, positions);  // [R, D]
  for (std::size_t i = 0; i < weights_->layers.size(); ++i) {
    const Layer& layer = weights_->layers[i];
    at::Tensor& held = pool.layer(static_cast<std::int64_t>(i));
    const at::Tensor qkv = project(layer, config_, states);
    held.narrow(0, first, count).copy_(qkv.narrow(1, 1, 2));
    states = finish_layer(layer, config_, states, nn::row_attention(qkv.select(1, 0), held, keys, weights_->no_bias));
  }
  if (config_.final_norm) states = weights_->final_norm.forward(states);
  return config_.is_projected() ? weights_->project_out.forward(states) : states;
}

at::Tensor Opt::logits(const at::Tensor& states) const { return weights_->head.forward(states); }

}  // namespace backbones
