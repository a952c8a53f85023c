#include "backbones/new_model.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/model_recipe.h"
#include "backbones/new_opt.h"
#include "backbones/random_normal.h"
#include "backbones/roberta.h"
#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/yaml.h"

namespace backbones {
namespace {

namespace fs = std::filesystem;

struct T5Shape {
  std::int64_t vocab, width, head, inner, layers, decoder_layers, heads, buckets, distance, eos;
  double epsilon;
};

T5Shape read_t5(const core::Yaml& file, std::int64_t vocabulary) {
  file.allow(with_common({"vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads",
                          "relative_attention_num_buckets", "relative_attention_max_distance", "layer_norm_epsilon",
                          "eos_token_id"}));
  T5Shape t;
  t.vocab = count(file, "vocab_size", vocabulary);
  t.width = count(file, "d_model", 512);
  t.head = count(file, "d_kv", 64);
  t.inner = count(file, "d_ff", 1024);
  t.layers = count(file, "num_layers", 8);
  t.decoder_layers = count(file, "num_decoder_layers", t.layers);
  t.heads = count(file, "num_heads", 6);
  t.buckets = count(file, "relative_attention_num_buckets", 32);
  t.distance = count(file, "relative_attention_max_distance", 128);
  t.eos = count(file, "eos_token_id", 1);
  t.epsilon = positive(file, "layer_norm_epsilon", 1e-6);
  if (t.buckets < 4 || t.buckets % 4 != 0 || t.distance <= t.buckets / 2)
    file.fail("relative attention needs a multiple of 4 buckets and a distance above half of them");
  if (t.eos >= t.vocab) file.at("eos_token_id").fail(fmt::format("expected an id below vocab_size {}", t.vocab));
  return t;
}

core::Json::Object t5_config(const T5Shape& t) {
  return {{"architectures", core::Json::Array{"T5ForConditionalGeneration"}},
          {"model_type", "t5"},
          {"is_encoder_decoder", true},
          {"vocab_size", t.vocab},
          {"d_model", t.width},
          {"d_kv", t.head},
          {"d_ff", t.inner},
          {"num_layers", t.layers},
          {"num_decoder_layers", t.decoder_layers},
          {"num_heads", t.heads},
          {"relative_attention_num_buckets", t.buckets},
          {"relative_attention_max_distance", t.distance},
          {"layer_norm_epsilon", t.epsilon},
          {"dropout_rate", 0.1},
          {"feed_forward_proj", "gated-gelu"},
          {"tie_word_embeddings", false},
          {"pad_token_id", 0},
          {"eos_token_id", t.eos},
          {"decoder_start_token_id", 0},
          {"use_cache", true},
          {"torch_dtype", "float32"}};
}

/// The layers of one T5 stack.
class T5Stack {
 public:
  T5Stack(const T5Shape& shape, const Scale& scale, std::vector<NewTensor>& tensors)
      : t_(shape), attention_(scale("attention", 2.5)), residual_(scale("residual", 1.5)), tensors_(tensors) {}

  void add(const std::string& stack, std::int64_t layers) {
    const bool decoder = stack == "decoder";
    for (std::int64_t block = 0; block < layers; ++block) {
      const std::string prefix = fmt::format("{}.block.{}.layer.", stack, block);
      add_attention(prefix + "0.SelfAttention.");
      if (block == 0)
        tensors_.push_back({prefix + "0.SelfAttention.relative_attention_bias.weight", {t_.buckets, t_.heads}, 1.0});
      add_norm(prefix + "0.layer_norm.weight");
      if (decoder) {
        add_attention(prefix + "1.EncDecAttention.");
        add_norm(prefix + "1.layer_norm.weight");
      }
      add_feed_forward(prefix + (decoder ? "2." : "1."));
    }
    add_norm(stack + ".final_layer_norm.weight");
  }

 private:
  /// T5 does not divide scores by the root of the head's width, so the queries are small by it.
  void add_attention(const std::string& prefix) {
    const std::int64_t inner = t_.heads * t_.head;
    const double unit = 1 / std::sqrt(static_cast<double>(t_.width));
    tensors_.push_back(
        {prefix + "q.weight", {inner, t_.width}, attention_ * unit / std::sqrt(static_cast<double>(t_.head))});
    tensors_.push_back({prefix + "k.weight", {inner, t_.width}, unit});
    tensors_.push_back({prefix + "v.weight", {inner, t_.width}, unit});
    tensors_.push_back({prefix + "o.weight", {t_.width, inner}, residual_ / std::sqrt(static_cast<double>(inner))});
  }
  void add_feed_forward(const std::string& prefix) {
    const double unit = 1 / std::sqrt(static_cast<double>(t_.width));
    tensors_.push_back({prefix + "DenseReluDense.wi_0.weight", {t_.inner, t_.width}, unit});
    tensors_.push_back({prefix + "DenseReluDense.wi_1.weight", {t_.inner, t_.width}, unit});
    tensors_.push_back({prefix + "DenseReluDense.wo.weight",
                        {t_.width, t_.inner},
                        residual_ * kFeedForwardGain / std::sqrt(static_cast<double>(t_.inner))});
    add_norm(prefix + "layer_norm.weight");
  }
  void add_norm(const std::string& name) { tensors_.push_back({name, {t_.width}, 0.05, 1.0}); }

  const T5Shape& t_;
  double attention_, residual_;
  std::vector<NewTensor>& tensors_;
};

NewModel new_t5(const core::Yaml& file, std::int64_t vocabulary) {
  const T5Shape t = read_t5(file, vocabulary);
  const Scale scale(file, {"logits", "end_of_sequence", "attention", "residual"});
  NewModel model{t5_config(t), {}, t.vocab};
  model.tensors.push_back({"shared.weight", {t.vocab, t.width}, 1.0});
  T5Stack stack(t, scale, model.tensors);
  stack.add("encoder", t.layers);
  stack.add("decoder", t.decoder_layers);
  // The largest of V normal logits is about sqrt(2 ln V) deviations. A row of weights that is longer than the others
  // makes the end of sequence exceed them at some steps and stay far below at others: that is what ends outputs at
  // varied lengths.
  model.tensors.push_back({"lm_head.weight",
                           {t.vocab, t.width},
                           scale("logits", 3.0) / std::sqrt(static_cast<double>(t.width)),
                           0.0,
                           t.eos,
                           scale("end_of_sequence", 2.25)});
  return model;
}

RobertaConfig read_roberta(const core::Yaml& file, std::int64_t vocabulary) {
  file.allow(with_common({"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                          "max_position_embeddings", "type_vocab_size", "layer_norm_eps"}));
  RobertaConfig c;
  c.vocab_size = count(file, "vocab_size", vocabulary);
  c.hidden_size = count(file, "hidden_size", 768);
  c.num_hidden_layers = count(file, "num_hidden_layers", 12);
  c.num_attention_heads = count(file, "num_attention_heads", 12);
  c.intermediate_size = count(file, "intermediate_size", 3072);
  c.max_position_embeddings = count(file, "max_position_embeddings", 514);
  c.type_vocab_size = count(file, "type_vocab_size", 1);
  c.layer_norm_eps = positive(file, "layer_norm_eps", 1e-5);
  if (c.hidden_size % c.num_attention_heads != 0)
    file.fail(fmt::format("hidden_size {} is not a multiple of num_attention_heads {}", c.hidden_size,
                          c.num_attention_heads));
  if (c.max_tokens() < 1) file.at("max_position_embeddings").fail("leaves no position beside padding's");
  return c;
}

core::Json::Object roberta_config(const RobertaConfig& c) {
  return {{"architectures", core::Json::Array{"RobertaForSequenceClassification"}},
          {"model_type", "roberta"},
          {"vocab_size", c.vocab_size},
          {"hidden_size", c.hidden_size},
          {"num_hidden_layers", c.num_hidden_layers},
          {"num_attention_heads", c.num_attention_heads},
          {"intermediate_size", c.intermediate_size},
          {"max_position_embeddings", c.max_position_embeddings},
          {"type_vocab_size", c.type_vocab_size},
          {"layer_norm_eps", c.layer_norm_eps},
          {"hidden_act", "gelu"},
          {"hidden_dropout_prob", 0.1},
          {"attention_probs_dropout_prob", 0.1},
          {"problem_type", "regression"},
          {"id2label", core::Json::Object{{"0", "LABEL_0"}}},
          {"label2id", core::Json::Object{{"LABEL_0", 0}}},
          {"bos_token_id", 0},
          {"pad_token_id", c.pad_token_id},
          {"eos_token_id", 2},
          {"torch_dtype", "float32"}};
}

/// Deviation and mean by the part of the network that a tensor belongs to.
NewTensor scaled(const checkpoint::TensorShape& tensor, const Scale& scale) {
  NewTensor out{tensor.name, tensor.shape};
  const auto has = [&](const char* part) { return tensor.name.find(part) != std::string::npos; };
  const double unit = 1 / std::sqrt(static_cast<double>(tensor.shape.back()));
  constexpr double kTanhDeviation = 0.63;  // of tanh of a standard normal
  out.deviation = 0.05;                    // biases and norms
  if (has("LayerNorm.weight")) out.mean = 1;
  if (tensor.name == "classifier.out_proj.bias") {
    out.deviation = 0;
    out.mean = 0.5;
  }
  if (tensor.shape.size() == 1) return out;
  out.deviation = unit;
  if (has("embeddings")) out.deviation = has("word_embeddings") ? 1.0 : 0.3;
  if (has("self.query")) out.deviation = scale("attention", 2.5) * unit;
  if (has("attention.output")) out.deviation = scale("residual", 1.5) * unit;
  if (has("output.dense") && !has("attention")) out.deviation = scale("residual", 1.5) * kFeedForwardGain * unit;
  if (has("out_proj")) out.deviation = scale("score", 0.45) / kTanhDeviation * unit;
  return out;
}

NewModel new_roberta(const core::Yaml& file, std::int64_t vocabulary) {
  const RobertaConfig config = read_roberta(file, vocabulary);
  const Scale scale(file, {"attention", "residual", "score"});
  NewModel model{roberta_config(config), {}, config.vocab_size};
  for (const checkpoint::TensorShape& tensor : roberta_tensors(config)) model.tensors.push_back(scaled(tensor, scale));
  return model;
}

at::Tensor draw(const NewTensor& tensor, std::uint64_t seed) {
  at::Tensor out = at::empty(tensor.shape, at::kFloat);
  const std::span<float> values(out.mutable_data_ptr<float>(), static_cast<std::size_t>(out.numel()));
  std::vector<double> normal(values.size());
  fill_normal(normal, seed, core::hash64(tensor.name));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(tensor.mean + tensor.deviation * normal[i]);
  if (tensor.boosted_row >= 0) {
    const auto width = static_cast<std::size_t>(tensor.shape.back());
    for (float& value : values.subspan(static_cast<std::size_t>(tensor.boosted_row) * width, width))
      value = static_cast<float>(value * tensor.boost);
  }
  return out;
}

/// Copies what a tokenizer may consist of.
void copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                           "spiece.model", "vocab.json", "merges.txt"}) {
    if (fs::exists(from / name)) core::write_file(to / name, core::read_file(from / name));
  }
}

}  // namespace

void make_new_model(const fs::path& file, std::uint64_t seed, const fs::path& out) {
  if (seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw core::UsageError(fmt::format("seed {} is above 2^63 - 1", seed));
  const core::Yaml yaml = core::Yaml::from_file(file);
  if (!yaml.is_map()) yaml.fail("expected a map with architecture, tokenizer and sizes");
  const std::size_t architecture = yaml.at("architecture").one_of({"t5", "roberta", "opt"});
  const fs::path tokenizer_folder = file.parent_path() / yaml.at("tokenizer").string();
  if (!fs::is_directory(tokenizer_folder))
    yaml.at("tokenizer").fail(fmt::format("no folder {}", tokenizer_folder.string()));
  const std::int64_t vocabulary = tokenizer::load_tokenizer(tokenizer_folder)->size();
  NewModel model = architecture == 0   ? new_t5(yaml, vocabulary)
                   : architecture == 1 ? new_roberta(yaml, vocabulary)
                                       : new_opt(yaml, vocabulary);
  if (model.vocab_size < vocabulary)
    yaml.at("vocab_size").fail(fmt::format("{} is below the tokenizer's {} pieces", model.vocab_size, vocabulary));
  model.config.emplace_back("random_weights", core::Json::Object{{"seed", static_cast<std::int64_t>(seed)}});

  core::AtomicFolder folder(out);
  std::map<std::string, at::Tensor> tensors;
  for (const NewTensor& tensor : model.tensors) tensors.emplace(tensor.name, draw(tensor, seed));
  checkpoint::write_safetensors(folder.path() / "model.safetensors", tensors);
  core::write_file(folder.path() / "config.json", core::write_json_pretty(core::Json(std::move(model.config))));
  copy_tokenizer(tokenizer_folder, folder.path());
  folder.commit();
}

bool has_random_weights(const fs::path& folder) {
  const std::string path = (folder / "config.json").string();
  const core::Json config = core::read_json_file(path);
  if (!config.is_object()) throw core::FileError(path, "expected an object, found " + config.kind());
  return config.find("random_weights") != nullptr;
}

}  // namespace backbones
