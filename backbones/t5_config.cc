#include "backbones/t5_config.h"

#include <fmt/format.h>

#include "backbones/config_file.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace backbones {
namespace {

void check_architecture(const ConfigFile& file) {
  const std::string type = file.string_or("model_type", "");
  if (type != "t5") file.fail("model_type", fmt::format("'{}': expected t5", type));
  const core::Json* list = file.find("architectures");
  if (list == nullptr) return;
  if (!list->is_array()) file.fail("architectures", "expected a list, found " + list->kind());
  for (const core::Json& name : list->as_array())
    if (name != core::Json("T5ForConditionalGeneration") && name != core::Json("T5WithLMHeadModel"))
      file.fail("architectures", fmt::format("{}: expected T5ForConditionalGeneration", core::write_json(name)));
}

bool is_gated(const ConfigFile& file) {
  const std::string name = file.string_or("feed_forward_proj", "relu");
  if (name != "relu" && name != "gated-gelu")
    file.fail("feed_forward_proj", fmt::format("'{}': expected relu (T5 1.0) or gated-gelu (T5 1.1, FLAN)", name));
  const bool gated = name == "gated-gelu";
  const std::string act = file.string_or("dense_act_fn", gated ? "gelu_new" : "relu");
  if (act != (gated ? "gelu_new" : "relu"))
    file.fail("dense_act_fn", fmt::format("'{}' does not go with {}", act, name));
  if (file.boolean_or("is_gated_act", gated) != gated)
    file.fail("is_gated_act", fmt::format("does not go with {}", name));
  return gated;
}

std::int32_t token_or(const ConfigFile& file, const std::string& key, std::int64_t absent, std::int64_t vocab_size) {
  if (file.find(key) == nullptr) return static_cast<std::int32_t>(absent);
  return static_cast<std::int32_t>(file.integer(key, 0, vocab_size - 1));
}

std::int32_t start_token(const ConfigFile& file, const std::filesystem::path& folder, const T5Config& config) {
  const std::string key = "decoder_start_token_id";
  const std::filesystem::path generation = folder / "generation_config.json";
  if (file.find(key) == nullptr && std::filesystem::exists(generation))
    return token_or(ConfigFile(generation), key, config.pad_token, config.vocab_size);
  return token_or(file, key, config.pad_token, config.vocab_size);
}

/// The tensors of one stack: "encoder" or "decoder".
class StackTensors {
 public:
  StackTensors(const T5Config& config, std::string stack) : config_(config), stack_(std::move(stack)) {}

  std::vector<checkpoint::TensorShape> list() && {
    const bool decoder = stack_ == "decoder";
    const std::int64_t layers = decoder ? config_.num_decoder_layers : config_.num_layers;
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string block = fmt::format("{}.block.{}.layer.", stack_, i);
      attention(block + "0", "SelfAttention");
      if (i == 0)
        add(block + "0.SelfAttention.relative_attention_bias.weight",
            {config_.relative_attention_num_buckets, config_.num_heads});
      if (decoder) attention(block + "1", "EncDecAttention");
      feed_forward(block + (decoder ? "2" : "1"));
    }
    add(stack_ + ".final_layer_norm.weight", {config_.d_model});
    return std::move(tensors_);
  }

 private:
  void add(const std::string& name, std::vector<std::int64_t> shape) { tensors_.push_back({name, std::move(shape)}); }

  void attention(const std::string& layer, const std::string& kind) {
    const std::int64_t inner = config_.num_heads * config_.d_kv;
    for (const char* part : {"q", "k", "v"})
      add(fmt::format("{}.{}.{}.weight", layer, kind, part), {inner, config_.d_model});
    add(fmt::format("{}.{}.o.weight", layer, kind), {config_.d_model, inner});
    add(layer + ".layer_norm.weight", {config_.d_model});
  }

  void feed_forward(const std::string& layer) {
    for (const char* part : config_.gated ? std::vector{"wi_0", "wi_1"} : std::vector{"wi"})
      add(fmt::format("{}.DenseReluDense.{}.weight", layer, part), {config_.d_ff, config_.d_model});
    add(layer + ".DenseReluDense.wo.weight", {config_.d_model, config_.d_ff});
    add(layer + ".layer_norm.weight", {config_.d_model});
  }

  const T5Config& config_;
  std::string stack_;
  std::vector<checkpoint::TensorShape> tensors_;
};

}  // namespace

T5Config read_t5_config(const std::filesystem::path& folder) {
  const ConfigFile file(folder / "config.json");
  check_architecture(file);
  T5Config config;
  config.vocab_size = file.size("vocab_size");
  config.d_model = file.size("d_model");
  config.d_kv = file.size("d_kv");
  config.d_ff = file.size("d_ff");
  config.num_layers = file.size("num_layers");
  config.num_decoder_layers = file.size_or("num_decoder_layers", config.num_layers);
  config.num_heads = file.size("num_heads");
  config.relative_attention_num_buckets = file.size_or("relative_attention_num_buckets", 32);
  config.relative_attention_max_distance = file.size_or("relative_attention_max_distance", 128);
  config.layer_norm_epsilon = file.positive_or("layer_norm_epsilon", 1e-6);
  config.gated = is_gated(file);
  // transformers 5 forces tie_word_embeddings to true and keeps its meaning for the scale in scale_decoder_outputs.
  config.scale_outputs = file.boolean_or("scale_decoder_outputs", file.boolean_or("tie_word_embeddings", true));
  if (config.relative_attention_num_buckets < 4 || config.relative_attention_num_buckets % 2 != 0)
    file.fail("relative_attention_num_buckets", "expected an even number from 4");
  if (config.relative_attention_max_distance <= config.relative_attention_num_buckets / 2)
    file.fail("relative_attention_max_distance", "expected more than half the number of buckets");
  config.pad_token = token_or(file, "pad_token_id", 0, config.vocab_size);
  config.end_token = token_or(file, "eos_token_id", 1, config.vocab_size);
  config.decoder_start_token = start_token(file, folder, config);
  return config;
}

std::vector<checkpoint::TensorShape> t5_tensors(const T5Config& config) {
  std::vector<checkpoint::TensorShape> tensors{{"shared.weight", {config.vocab_size, config.d_model}}};
  for (const char* stack : {"encoder", "decoder"})
    for (checkpoint::TensorShape& tensor : StackTensors(config, stack).list()) tensors.push_back(std::move(tensor));
  return tensors;
}

}  // namespace backbones
