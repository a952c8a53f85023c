// T5's tokenizer from `spiece.model`, as the pinned transformers builds it: the Unigram model over the file's pieces
// and the sentinels <extra_id_99> … <extra_id_0>, the file's character map, words cut at white space.
#pragma once

#include <filesystem>

#include "backbones/tokenizer/pipeline.h"
#include "backbones/tokenizer/pretrained_config.h"

namespace tokenizer {

/// Throws core::FileError that names the file and the byte or piece.
Parts build_t5(const std::filesystem::path& folder, const PretrainedConfig& config);

}  // namespace tokenizer
