// RoBERTa's and GPT-2's byte-level tokenizers from `vocab.json` and `merges.txt`, as the pinned transformers builds
// them. They differ in the tokens that stand around a text: RoBERTa always has <s> A </s>, GPT-2 only what
// tokenizer_config.json asks for (OPT: add_bos_token, </s> A).
#pragma once

#include <filesystem>

#include "backbones/tokenizer/pipeline.h"
#include "backbones/tokenizer/pretrained_config.h"

namespace tokenizer {

/// Each throws core::FileError that names the file and the line or key.
Parts build_roberta(const std::filesystem::path& folder, const PretrainedConfig& config);
Parts build_gpt2(const std::filesystem::path& folder, const PretrainedConfig& config);

}  // namespace tokenizer
