// What the pinned transformers takes from `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`
// when it builds a tokenizer. All of them may be absent.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backbones/tokenizer/added_tokens.h"

namespace tokenizer {

struct PretrainedConfig {
  std::string file;                                      // tokenizer_config.json, for messages
  std::vector<AddedToken> added;                         // by id
  std::map<std::string, AddedToken> named;               // "eos_token" …
  std::set<std::string> null;                            // names of tokens that are explicitly none
  std::vector<AddedToken> model_specific;                // named, by names of a model's own
  std::optional<std::vector<AddedToken>> extra_special;  // additional_special_tokens, extra_special_tokens
  std::vector<AddedToken> older_extra;                   // the same in special_tokens_map.json: T5 does not read them
  std::int64_t extra_ids = 100;
  bool add_prefix_space = false;
  bool add_bos = false, add_eos = false;  // GPT-2

  bool is_null(const std::string& name) const { return null.contains(name); }
};

/// Throws core::FileError that names the file and key.
PretrainedConfig read_pretrained_config(const std::filesystem::path& folder);

/// Whether decoding removes blanks before punctuation (clean_up_tokenization_spaces), for byte pair models or others.
bool cleans_up(const std::filesystem::path& folder, bool byte_pair);

/// The tokens to add, in the order of the pinned transformers: those listed by id, then the named ones (`defaults`:
/// name and content, in its order, where the configuration says nothing), then the extra ones; each text once.
std::vector<AddedToken> tokens_to_add(const PretrainedConfig& config,
                                      const std::vector<std::pair<std::string, std::string>>& defaults,
                                      const std::vector<AddedToken>& default_extra);
/// The id of a named token, for templates. Throws core::FileError where it is in no vocabulary.
Ids named_id(const PretrainedConfig& config, const std::string& name, const std::string& otherwise,
             const AddedTokens& tokens);

}  // namespace tokenizer
