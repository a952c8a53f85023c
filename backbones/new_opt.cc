#include "backbones/new_opt.h"

#include <fmt/format.h>

#include <cmath>

#include "backbones/opt_config.h"

namespace backbones {
namespace {

OptConfig read_opt(const core::Yaml& file, std::int64_t vocabulary) {
  file.allow(with_common({"vocab_size", "hidden_size", "word_embed_proj_dim", "ffn_dim", "num_hidden_layers",
                          "num_attention_heads", "max_position_embeddings", "do_layer_norm_before", "enable_bias",
                          "layer_norm_elementwise_affine", "activation_function", "eos_token_id"}));
  OptConfig c;
  c.vocab_size = count(file, "vocab_size", vocabulary);
  c.hidden_size = count(file, "hidden_size", 768);
  c.word_embed_proj_dim = count(file, "word_embed_proj_dim", c.hidden_size);
  c.ffn_dim = count(file, "ffn_dim", 3072);
  c.num_hidden_layers = count(file, "num_hidden_layers", 12);
  c.num_attention_heads = count(file, "num_attention_heads", 12);
  c.max_position_embeddings = count(file, "max_position_embeddings", 2048);
  c.norm_before = file.boolean_or("do_layer_norm_before", true);
  c.final_norm = c.norm_before;
  c.enable_bias = file.boolean_or("enable_bias", true);
  c.elementwise_affine = file.boolean_or("layer_norm_elementwise_affine", true);
  if (const core::Yaml* name = file.find("activation_function")) c.gelu = name->one_of({"relu", "gelu"}) == 1;
  c.end_token = c.start_token = static_cast<std::int32_t>(count(file, "eos_token_id", 2));
  if (c.hidden_size % c.num_attention_heads != 0)
    file.fail(fmt::format("hidden_size {} is not a multiple of num_attention_heads {}", c.hidden_size,
                          c.num_attention_heads));
  if (c.end_token >= c.vocab_size)
    file.fail(fmt::format("eos_token_id {} is not below vocab_size {}", c.end_token, c.vocab_size));
  return c;
}

core::Json::Object opt_config(const OptConfig& c) {
  return {{"architectures", core::Json::Array{"OPTForCausalLM"}},
          {"model_type", "opt"},
          {"vocab_size", c.vocab_size},
          {"hidden_size", c.hidden_size},
          {"word_embed_proj_dim", c.word_embed_proj_dim},
          {"ffn_dim", c.ffn_dim},
          {"num_hidden_layers", c.num_hidden_layers},
          {"num_attention_heads", c.num_attention_heads},
          {"max_position_embeddings", c.max_position_embeddings},
          {"do_layer_norm_before", c.norm_before},
          {"_remove_final_layer_norm", false},
          {"enable_bias", c.enable_bias},
          {"layer_norm_elementwise_affine", c.elementwise_affine},
          {"activation_function", c.gelu ? "gelu" : "relu"},
          {"dropout", 0.1},
          {"attention_dropout", 0.0},
          {"layerdrop", 0.0},
          {"tie_word_embeddings", true},
          {"pad_token_id", 1},
          {"bos_token_id", std::int64_t{c.start_token}},
          {"eos_token_id", std::int64_t{c.end_token}},
          {"use_cache", true},
          {"torch_dtype", "float32"}};
}

/// Deviation and mean by the part of the network that a tensor belongs to. Embeddings are the head, too: their
/// deviation is that of the logits, and the end of sequence's row is longer than the others, so that it exceeds them at
/// some steps and stays far below at others.
NewTensor scaled(const checkpoint::TensorShape& tensor, const OptConfig& config, const Scale& scale) {
  NewTensor out{tensor.name, tensor.shape};
  const auto has = [&](const char* part) { return tensor.name.find(part) != std::string::npos; };
  out.deviation = 0.05;  // biases and norms
  if (has("layer_norm.weight")) out.mean = 1;
  if (tensor.shape.size() == 1) return out;
  const double unit = 1 / std::sqrt(static_cast<double>(tensor.shape.back())), logits = scale("logits", 3.0);
  out.deviation = unit;
  if (has("embed_")) out.deviation = logits * unit;
  if (has("embed_tokens")) {
    out.boosted_row = config.end_token;
    out.boost = scale("end_of_sequence", 2.25);
  }
  if (has("project_in")) out.deviation = 1 / logits;  // undoes the embeddings' deviation
  if (has("q_proj")) out.deviation = scale("attention", 2.5) * unit;
  if (has("out_proj")) out.deviation = scale("residual", 1.5) * unit;
  if (has("fc2")) out.deviation = scale("residual", 1.5) * kFeedForwardGain * unit;
  return out;
}

}  // namespace

NewModel new_opt(const core::Yaml& file, std::int64_t vocabulary) {
  const OptConfig config = read_opt(file, vocabulary);
  const Scale scale(file, {"logits", "end_of_sequence", "attention", "residual"});
  NewModel model{opt_config(config), {}, config.vocab_size};
  for (const checkpoint::TensorShape& tensor : opt_tensors(config))
    model.tensors.push_back(scaled(tensor, config, scale));
  return model;
}

}  // namespace backbones
