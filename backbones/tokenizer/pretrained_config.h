// What the pinned transformers takes from `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`
// when it builds a tokenizer. All of them may be absent.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backbones/tokenizer/added_tokens.h"

namespace tokenizer {

struct PretrainedConfig {
  std::vector<AddedToken> added;                         // by id
  std::map<std::string, AddedToken> named;               // "eos_token" …
  std::optional<std::vector<AddedToken>> extra_special;  // additional_special_tokens, extra_special_tokens
  std::int64_t extra_ids = 100;
  bool add_prefix_space = false;
  bool clean_up = false;                 // clean_up_tokenization_spaces
  bool clean_up_even_byte_pair = false;  // …_for_bpe_even_though_it_will_corrupt_output
};

/// Throws core::FileError that names the file and key.
PretrainedConfig read_pretrained_config(const std::filesystem::path& folder);

/// The tokens to add, in the order of the pinned transformers: those listed by id, then the named ones (`defaults`:
/// name and content, in its order, where the configuration says nothing), then the extra ones; each text once.
std::vector<AddedToken> tokens_to_add(const PretrainedConfig& config,
                                      const std::vector<std::pair<std::string, std::string>>& defaults,
                                      const std::vector<AddedToken>& default_extra);
/// The text of a named token.
std::string named_content(const PretrainedConfig& config, const std::string& name, const std::string& otherwise);

}  // namespace tokenizer
