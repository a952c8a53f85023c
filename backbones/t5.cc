#include "backbones/t5.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backbones/nn/activation.h"
#include "backbones/nn/device.h"
#include "backbones/nn/heads.h"
#include "backbones/nn/linear.h"
#include "backbones/nn/loading_memory.h"
#include "backbones/nn/norm.h"
#include "backbones/nn/relative_position.h"
#include "backbones/t5_session.h"
#include "harness/core/errors.h"

namespace backbones {
namespace {

constexpr std::int64_t kDistances = 1024;  // of the decoder's position bias, made once; longer outputs make their own

struct FeedForward {
  nn::RmsNorm norm;
  nn::Linear in;  // wi, or wi_0 and wi_1 side by side
  nn::Linear out;
  bool gated = false;

  /// states [R, D] -> the states after it, [R, D]
  at::Tensor forward(const at::Tensor& states) const {
    const nn::Activation relu = gated ? nn::Activation::kNone : nn::Activation::kRelu;
    const at::Tensor inner = in.forward(norm.forward(states), {.activation = relu});
    return out.forward(gated ? nn::gated_gelu(inner) : inner, {.residual = states});
  }
};

struct SelfAttention {
  nn::RmsNorm norm;
  nn::Linear qkv, out;
};

struct CrossAttention {
  nn::RmsNorm norm;
  nn::Linear query, key_value, out;
};

struct EncoderBlock {
  SelfAttention attention;
  FeedForward feed_forward;
};

struct DecoderBlock {
  SelfAttention attention;
  CrossAttention cross;
  FeedForward feed_forward;
};

/// Takes the tensors of a checkpoint, layer by layer, and packs them.
class Loader {
 public:
  Loader(checkpoint::Checkpoint& file, const T5Config& config, const ModelOptions& options)
      : file_(file), config_(config), options_(options), device_(nn::device_from(options.device)) {}

  at::Tensor take(const std::string& name, std::vector<std::int64_t> shape) {
    return file_.take(name, shape).to(device_);
  }

  nn::Linear linear(const std::vector<at::Tensor>& weights) const { return {weights, at::Tensor(), options_}; }

  nn::RmsNorm norm(const std::string& name) {
    return {take(name + ".weight", {config_.d_model}), config_.layer_norm_epsilon};
  }

  /// q, k or v [H * d_kv, D], each head padded to a whole number of cache lines.
  at::Tensor heads_in(const std::string& name) {
    const at::Tensor weight = take(name + ".weight", {config_.num_heads * config_.d_kv, config_.d_model});
    return nn::pad_heads(weight, 0, config_.num_heads);
  }

  /// o [D, H * d_kv], padded likewise.
  nn::Linear heads_out(const std::string& name) {
    const at::Tensor weight = take(name + ".weight", {config_.d_model, config_.num_heads * config_.d_kv});
    return linear({nn::pad_heads(weight, 1, config_.num_heads)});
  }

  SelfAttention self_attention(const std::string& layer) {
    const std::string name = layer + ".SelfAttention.";
    return {norm(layer + ".layer_norm"), linear({heads_in(name + "q"), heads_in(name + "k"), heads_in(name + "v")}),
            heads_out(name + "o")};
  }

  CrossAttention cross_attention(const std::string& layer) {
    const std::string name = layer + ".EncDecAttention.";
    return {norm(layer + ".layer_norm"), linear({heads_in(name + "q")}),
            linear({heads_in(name + "k"), heads_in(name + "v")}), heads_out(name + "o")};
  }

  FeedForward feed_forward(const std::string& layer) {
    const std::string name = layer + ".DenseReluDense.";
    std::vector<at::Tensor> in;
    for (const char* part : config_.gated ? std::vector{"wi_0", "wi_1"} : std::vector{"wi"})
      in.push_back(take(name + part + ".weight", {config_.d_ff, config_.d_model}));
    return {norm(layer + ".layer_norm"), linear(in),
            linear({take(name + "wo.weight", {config_.d_model, config_.d_ff})}), config_.gated};
  }

  nn::RelativePositionBias position_bias(const std::string& stack) {
    return {take(stack + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                 {config_.relative_attention_num_buckets, config_.num_heads}),
            {config_.relative_attention_max_distance, stack == "encoder"}};
  }

 private:
  checkpoint::Checkpoint& file_;
  const T5Config& config_;
  const ModelOptions& options_;
  at::Device device_;
};

const char* const kEmbeddingCopies[] = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"};

/// The name that the file gives the embedding: some tools keep another of the tied names.
std::string embedding_name(const checkpoint::Checkpoint& file) {
  if (file.has("shared.weight")) return "shared.weight";
  for (const char* name : kEmbeddingCopies)
    if (file.has(name)) return name;
  return "shared.weight";
}

void require_all(const checkpoint::Checkpoint& file, const T5Config& config) {
  std::vector<checkpoint::TensorShape> needed = t5_tensors(config);
  needed.front().name = embedding_name(file);
  if (file.has("lm_head.weight")) needed.push_back({"lm_head.weight", {config.vocab_size, config.d_model}});
  // What the reference leaves unused: repeated tied weights, the cross-attention bias of old files.
  std::vector<std::string> tolerated(std::begin(kEmbeddingCopies), std::end(kEmbeddingCopies));
  tolerated.emplace_back("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
  file.require(needed, tolerated);
}

}  // namespace

struct T5::Weights {
  at::Tensor embedding;  // [V, D]
  std::vector<EncoderBlock> encoder;
  std::vector<DecoderBlock> decoder;
  nn::RelativePositionBias encoder_bias, decoder_bias;
  at::Tensor decoder_distances;  // [H, kDistances]
  nn::RmsNorm encoder_norm, decoder_norm;
  nn::Linear head;

  Weights(checkpoint::Checkpoint& file, const T5Config& config, const ModelOptions& options) {
    Loader loader(file, config, options);
    load_embedding(file, loader, config);
    encoder_bias = loader.position_bias("encoder");
    decoder_bias = loader.position_bias("decoder");
    decoder_distances = decoder_bias.backwards(kDistances);
    for (std::int64_t i = 0; i < config.num_layers; ++i) {
      const std::string layer = fmt::format("encoder.block.{}.layer.", i);
      encoder.push_back({loader.self_attention(layer + "0"), loader.feed_forward(layer + "1")});
    }
    for (std::int64_t i = 0; i < config.num_decoder_layers; ++i) {
      const std::string layer = fmt::format("decoder.block.{}.layer.", i);
      decoder.push_back(
          {loader.self_attention(layer + "0"), loader.cross_attention(layer + "1"), loader.feed_forward(layer + "2")});
    }
    encoder_norm = loader.norm("encoder.final_layer_norm");
    decoder_norm = loader.norm("decoder.final_layer_norm");
  }

  /// The head is the file's own where there is one, else the embedding, whatever config.json says of tying.
  void load_embedding(checkpoint::Checkpoint& file, Loader& loader, const T5Config& config) {
    const std::string name = embedding_name(file);
    const std::vector<std::int64_t> shape{config.vocab_size, config.d_model};
    embedding = loader.take(name, shape);
    for (const char* copy : kEmbeddingCopies)
      if (copy != name && file.has(copy) && !at::equal(loader.take(copy, shape), embedding))
        throw core::FileError(file.folder().string(),
                              fmt::format("'{}' differs from '{}': T5 shares them", copy, name));
    head = loader.linear({file.has("lm_head.weight") ? loader.take("lm_head.weight", shape) : embedding});
  }
};

T5::T5(const ModelOptions& options)
    : config_(read_t5_config(options.folder)),
      width_(nn::padded_width(config_.d_kv)),
      device_(nn::device_from(options.device)) {
  const nn::LoadingMemory memory;
  checkpoint::Checkpoint file(options.folder, options.weights);
  require_all(file, config_);
  weights_ = std::make_unique<Weights>(file, config_, options);
}

T5::~T5() = default;

at::Tensor T5::embed(std::span<const std::int32_t> ids) const {
  for (const std::int32_t id : ids)
    if (id < 0 || id >= config_.vocab_size)
      throw std::invalid_argument(
          fmt::format("token id {} is outside the model's vocabulary of {}", id, config_.vocab_size));
  const at::Tensor index = at::tensor(at::ArrayRef<std::int32_t>(ids.data(), ids.size()), at::kInt);
  return weights_->embedding.index_select(0, index.to(device_));
}

at::Tensor T5::encode_packed(const at::Tensor& embedded, std::span<const nn::LengthGroup> groups) const {
  std::int64_t longest = 0;
  for (const nn::LengthGroup& group : groups) longest = std::max(longest, group.length);
  const at::Tensor bias = weights_->encoder_bias.between(longest);  // shorter sequences read its corner
  const auto corner = [&](std::int64_t length) { return bias.narrow(1, 0, length).narrow(2, 0, length); };
  at::Tensor states = embedded;  // [T, D]
  for (const EncoderBlock& block : weights_->encoder) {
    const at::Tensor qkv = block.attention.qkv.forward(block.attention.norm.forward(states));
    const at::Tensor mixed =
        nn::self_attention(qkv.unflatten(1, {3, config_.num_heads, width_}), groups, corner, /*scale=*/1.0);
    states = block.attention.out.forward(mixed, {.residual = states});
    states = block.feed_forward.forward(states);
  }
  return weights_->encoder_norm.forward(states);
}

CrossCaches T5::encode_sources(std::span<const std::vector<std::int32_t>> sources) const {
  std::vector<std::size_t> order(sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sources[a].size() < sources[b].size(); });
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> lengths;
  for (const std::size_t i : order) {
    if (sources[i].empty()) throw std::invalid_argument("a source has no tokens");
    ids.insert(ids.end(), sources[i].begin(), sources[i].end());
    lengths.push_back(static_cast<std::int64_t>(sources[i].size()));
  }
  const at::Tensor states = encode_packed(embed(ids), nn::group_lengths(lengths));  // [T, D]

  CrossCaches caches(weights_->decoder.size(), std::vector<nn::CrossCache>(sources.size()));
  for (std::size_t layer = 0; layer < caches.size(); ++layer) {
    const at::Tensor all =
        weights_->decoder[layer].cross.key_value.forward(states).unflatten(1, {2, config_.num_heads, width_});
    std::int64_t row = 0;
    for (std::size_t k = 0; k < order.size(); row += lengths[k++]) {
      const at::Tensor own = all.narrow(0, row, lengths[k]).permute({1, 2, 0, 3});  // [2, H, S, K]
      caches[layer][order[k]] = {own[0].contiguous(), own[1].contiguous()};
    }
  }
  return caches;
}

std::unique_ptr<decoding::DecoderSession> T5::encode(std::span<const std::vector<std::int32_t>> sources) const {
  return std::make_unique<T5Session>(*this, encode_sources(sources));
}

nn::KeyValuePool T5::make_pool() const { return {{config_.num_decoder_layers, config_.num_heads, width_}, device_}; }

at::Tensor T5::decode(const DecoderRows& rows, const CrossCaches& caches, nn::KeyValuePool& pool) const {
  const std::int64_t first = pool.rows(), count = static_cast<std::int64_t>(rows.tokens.size());
  std::int64_t longest = 0;
  for (std::int64_t r = 0; r < count; ++r) longest = std::max(longest, rows.keys.begin[r + 1] - rows.keys.begin[r]);
  const at::Tensor bias =
      longest <= kDistances ? weights_->decoder_distances : weights_->decoder_bias.backwards(longest);
  pool.grow(count);
  at::Tensor states = embed(rows.tokens);  // [R, D]
  for (std::size_t i = 0; i < weights_->decoder.size(); ++i) {
    const DecoderBlock& block = weights_->decoder[i];
    at::Tensor& held = pool.layer(static_cast<std::int64_t>(i));
    const at::Tensor qkv =
        block.attention.qkv.forward(block.attention.norm.forward(states)).unflatten(1, {3, config_.num_heads, width_});
    held.narrow(0, first, count).copy_(qkv.narrow(1, 1, 2));
    states =
        block.attention.out.forward(nn::row_attention(qkv.select(1, 0), held, rows.keys, bias), {.residual = states});
    const at::Tensor query =
        block.cross.query.forward(block.cross.norm.forward(states)).unflatten(1, {config_.num_heads, width_});
    states = block.cross.out.forward(nn::cross_attention(query, caches[i], rows.rows_per_source), {.residual = states});
    states = block.feed_forward.forward(states);
  }
  states = weights_->decoder_norm.forward(states);
  return config_.scale_outputs ? states * (1.0 / std::sqrt(static_cast<double>(config_.d_model))) : states;
}

at::Tensor T5::logits(const at::Tensor& states) const { return weights_->head.forward(states); }

std::int64_t T5::cache_bytes_per_token() const {
  return config_.num_decoder_layers * 2 * config_.num_heads * width_ * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace backbones
