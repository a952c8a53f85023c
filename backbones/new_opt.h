// A random OPT whose outputs end at varied lengths.
#pragma once

#include <cstdint>

#include "backbones/model_recipe.h"

namespace backbones {

/// After a file with OPT's keys (hidden_size, word_embed_proj_dim, do_layer_norm_before, …); `vocabulary`: the
/// tokenizer's size. Throws core::ConfigError.
NewModel new_opt(const core::Yaml& file, std::int64_t vocabulary);

}  // namespace backbones
