#include "backbones/opt_config.h"

#include <fmt/format.h>

#include "backbones/config_file.h"

namespace backbones {
namespace {

constexpr std::int64_t kMostLayers = 10'000;  // beyond it the number is a mistake
constexpr std::int64_t kPositionOffset = 2;   // rows of the table in front of position 0

bool is_gelu(const ConfigFile& file) {
  const std::string name = file.string_or("activation_function", "relu");
  if (name != "relu" && name != "gelu")
    file.fail("activation_function", fmt::format("'{}': expected relu or gelu", name));
  return name == "gelu";
}

std::int32_t token_or(const ConfigFile& file, const std::string& key, std::int32_t absent, std::int64_t vocab_size) {
  if (file.find(key) == nullptr) return absent;
  return static_cast<std::int32_t>(file.integer(key, 0, vocab_size - 1));
}

void check(const ConfigFile& file, const OptConfig& c) {
  if (c.num_hidden_layers > kMostLayers)
    file.fail("num_hidden_layers",
              fmt::format("{} is above the {} that are allowed", c.num_hidden_layers, kMostLayers));
  if (c.hidden_size % c.num_attention_heads != 0)
    file.fail("hidden_size",
              fmt::format("{} is not a multiple of num_attention_heads {}", c.hidden_size, c.num_attention_heads));
  if (c.end_token >= c.vocab_size || c.start_token >= c.vocab_size)
    file.fail("vocab_size", fmt::format("{} is below the special tokens", c.vocab_size));
}

/// Collects names and shapes.
class Tensors {
 public:
  explicit Tensors(const OptConfig& config) : config_(config) {}
  void matrix(const std::string& name, std::int64_t out, std::int64_t in) {
    list_.push_back({name + ".weight", {out, in}});
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in) {
    matrix(name, out, in);
    if (config_.enable_bias) list_.push_back({name + ".bias", {out}});
  }
  void norm(const std::string& name) {
    if (!config_.elementwise_affine) return;
    list_.push_back({name + ".weight", {config_.hidden_size}});
    list_.push_back({name + ".bias", {config_.hidden_size}});
  }
  std::vector<checkpoint::TensorShape> list() && { return std::move(list_); }

 private:
  const OptConfig& config_;
  std::vector<checkpoint::TensorShape> list_;
};

}  // namespace

OptConfig read_opt_config(const std::filesystem::path& folder) {
  const ConfigFile file(folder / "config.json");
  const std::string type = file.string_or("model_type", "");
  if (type != "opt") file.fail("model_type", fmt::format("'{}': expected opt", type));
  OptConfig c;
  c.vocab_size = file.size_or("vocab_size", 50272);
  c.hidden_size = file.size_or("hidden_size", 768);
  c.word_embed_proj_dim = file.size_or("word_embed_proj_dim", c.hidden_size);
  c.ffn_dim = file.size_or("ffn_dim", 3072);
  c.num_hidden_layers = file.size_or("num_hidden_layers", 12);
  c.num_attention_heads = file.size_or("num_attention_heads", 12);
  c.max_position_embeddings = file.size_or("max_position_embeddings", 2048);
  c.norm_before = file.boolean_or("do_layer_norm_before", true);
  c.final_norm = c.norm_before && !file.boolean_or("_remove_final_layer_norm", false);
  c.enable_bias = file.boolean_or("enable_bias", true);
  c.elementwise_affine = file.boolean_or("layer_norm_elementwise_affine", true);
  c.gelu = is_gelu(file);
  c.tied = file.boolean_or("tie_word_embeddings", true);
  c.start_token = token_or(file, "bos_token_id", c.start_token, c.vocab_size);
  c.end_token = token_or(file, "eos_token_id", c.end_token, c.vocab_size);
  check(file, c);
  return c;
}

std::vector<checkpoint::TensorShape> opt_tensors(const OptConfig& c, const std::string& prefix) {
  Tensors tensors(c);
  tensors.matrix(prefix + "embed_tokens", c.vocab_size, c.word_embed_proj_dim);
  tensors.matrix(prefix + "embed_positions", c.max_position_embeddings + kPositionOffset, c.hidden_size);
  if (c.is_projected()) {
    tensors.matrix(prefix + "project_in", c.hidden_size, c.word_embed_proj_dim);
    tensors.matrix(prefix + "project_out", c.word_embed_proj_dim, c.hidden_size);
  }
  for (std::int64_t i = 0; i < c.num_hidden_layers; ++i) {
    const std::string layer = fmt::format("{}layers.{}.", prefix, i);
    for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"})
      tensors.linear(layer + "self_attn." + part, c.hidden_size, c.hidden_size);
    tensors.norm(layer + "self_attn_layer_norm");
    tensors.linear(layer + "fc1", c.ffn_dim, c.hidden_size);
    tensors.linear(layer + "fc2", c.hidden_size, c.ffn_dim);
    tensors.norm(layer + "final_layer_norm");
  }
  if (c.final_norm) tensors.norm(prefix + "final_layer_norm");
  return std::move(tensors).list();
}

}  // namespace backbones
