#include "backbones/work.h"

#include "backbones/config_file.h"
#include "backbones/opt_config.h"
#include "backbones/roberta.h"
#include "backbones/t5_config.h"

namespace backbones {
namespace {

NetworkShape shape_of(const T5Config& config) {
  return {.family = "t5",
          .encoder_layers = config.num_layers,
          .decoder_layers = config.num_decoder_layers,
          .width = config.d_model,
          .attention_width = config.num_heads * config.d_kv,
          .inner_width = config.d_ff,
          .inner_matrices = config.gated ? 3 : 2,
          .vocabulary = config.vocab_size,
          .embedding_width = config.d_model};
}

NetworkShape shape_of(const RobertaConfig& config) {
  return {.family = "roberta",
          .encoder_layers = config.num_hidden_layers,
          .width = config.hidden_size,
          .attention_width = config.hidden_size,
          .inner_width = config.intermediate_size,
          .labels = static_cast<std::int64_t>(config.labels.size()),
          .embedding_width = config.hidden_size};
}

NetworkShape shape_of(const OptConfig& config) {
  return {.family = "opt",
          .decoder_layers = config.num_hidden_layers,
          .width = config.hidden_size,
          .attention_width = config.hidden_size,
          .inner_width = config.ffn_dim,
          .vocabulary = config.vocab_size,
          .embedding_width = config.word_embed_proj_dim};
}

/// Weights of one layer without attention to a source: query, key, value, output and the feed-forward matrices.
std::int64_t layer_parameters(const NetworkShape& shape) {
  return 4 * shape.width * shape.attention_width + shape.inner_matrices * shape.width * shape.inner_width;
}

bool reads_encoded(const NetworkShape& shape) { return shape.encoder_layers > 0 && shape.decoder_layers > 0; }

/// Of the decoder's keys and values of a source's token.
std::int64_t cross_parameters(const NetworkShape& shape) {
  return reads_encoded(shape) ? 2 * shape.decoder_layers * shape.width * shape.attention_width : 0;
}

/// Of a token's logits: the vocabulary's vectors, and the projection to their width where there is one.
std::int64_t logit_parameters(const NetworkShape& shape) {
  const std::int64_t projection = shape.embedding_width == shape.width ? 0 : shape.width * shape.embedding_width;
  return shape.vocabulary * shape.embedding_width + projection;
}

/// Of a token's way into the network; 0 where its vector enters as it is.
std::int64_t entry_parameters(const NetworkShape& shape) {
  return shape.embedding_width == shape.width ? 0 : shape.width * shape.embedding_width;
}

/// Of a scorer's head: dense, and an output for each label.
std::int64_t head_parameters(const NetworkShape& shape) {
  return shape.decoder_layers > 0 ? 0 : shape.width * (shape.width + shape.labels);
}

/// Of all layers of the decoder, for one token.
std::int64_t decoder_parameters(const NetworkShape& shape) {
  const std::int64_t to_source = reads_encoded(shape) ? 2 * shape.width * shape.attention_width : 0;  // query, output
  return shape.decoder_layers * (layer_parameters(shape) + to_source) + entry_parameters(shape);
}

/// Scores and weighted sum of one query over `keys` keys, in `layers` layers.
double attention_flops(const NetworkShape& shape, std::int64_t layers, std::int64_t keys) {
  return 4.0 * static_cast<double>(layers) * static_cast<double>(shape.attention_width) * static_cast<double>(keys);
}

double product_flops(std::int64_t parameters) { return 2.0 * static_cast<double>(parameters); }

}  // namespace

NetworkShape read_network_shape(const std::filesystem::path& folder) {
  const ConfigFile file(folder / "config.json");
  const std::string family = file.string_or("model_type", "");
  if (family == "t5") return shape_of(read_t5_config(folder));
  if (family == "roberta") return shape_of(read_roberta_config(folder));
  if (family == "opt") return shape_of(read_opt_config(folder));
  file.fail("model_type", "'" + family + "': expected t5, opt or roberta");
}

double source_flops(const NetworkShape& shape, std::int64_t source) {
  const auto tokens = static_cast<double>(source);
  if (shape.encoder_layers == 0) {
    const double pairs = tokens * (tokens + 1) / 2;  // a token sees itself and those before
    return tokens * product_flops(decoder_parameters(shape)) + pairs * attention_flops(shape, shape.decoder_layers, 1);
  }
  return tokens * (product_flops(shape.encoder_layers * layer_parameters(shape) + cross_parameters(shape)) +
                   attention_flops(shape, shape.encoder_layers, source)) +
         product_flops(head_parameters(shape));
}

double row_flops(const NetworkShape& shape, std::int64_t own, std::int64_t source) {
  return product_flops(decoder_parameters(shape) + logit_parameters(shape)) +
         attention_flops(shape, shape.decoder_layers, own + source);
}

double response_flops(const NetworkShape& shape, std::int64_t tokens, std::int64_t source) {
  const std::int64_t rows = reads_encoded(shape) ? tokens : tokens - 1;
  double flops = rows < tokens ? product_flops(logit_parameters(shape)) : 0;
  for (std::int64_t own = 1; own <= rows; ++own) flops += row_flops(shape, own, source);
  return flops;
}

std::int64_t source_parameters(const NetworkShape& shape) {
  if (shape.encoder_layers == 0) return decoder_parameters(shape);
  return shape.encoder_layers * layer_parameters(shape) + cross_parameters(shape) + head_parameters(shape);
}

std::int64_t step_parameters(const NetworkShape& shape) {
  return shape.decoder_layers == 0 ? 0 : decoder_parameters(shape) + logit_parameters(shape);
}

std::int64_t cache_numbers(const NetworkShape& shape) { return 2 * shape.decoder_layers * shape.attention_width; }

}  // namespace backbones
