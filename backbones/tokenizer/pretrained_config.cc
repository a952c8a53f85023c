#include "backbones/tokenizer/pretrained_config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "backbones/tokenizer/json_place.h"

namespace tokenizer {
namespace {

constexpr std::array<const char*, 7> kNames{"bos_token", "eos_token", "unk_token", "sep_token",
                                            "pad_token", "cls_token", "mask_token"};

AddedToken special_token(std::string content) {
  AddedToken token{std::move(content)};
  token.normalized = false;
  token.special = true;
  return token;
}

// A string, or an object with flags.
AddedToken read_token(const JsonPlace& place, bool special) {
  if (place.json().is_string()) return special_token(place.string());
  AddedToken token{place.at("content").string()};
  token.special = special || place.boolean("special", false);
  token.single_word = place.boolean("single_word", false);
  token.lstrip = place.boolean("lstrip", false);
  token.rstrip = place.boolean("rstrip", false);
  token.normalized = place.boolean("normalized", !token.special);
  return token;
}

std::vector<AddedToken> read_tokens(const JsonPlace& list) {
  std::vector<AddedToken> tokens;
  for (std::size_t i = 0; i < list.size(); ++i) tokens.push_back(read_token(list.at(i), true));
  return tokens;
}

// "eos_token": a string, an object, or null for none. Other keys that end in _token name tokens of a model's own.
void read_named(const JsonPlace& root, PretrainedConfig& config) {
  if (!root.json().is_object()) root.fail("expected an object, found " + root.json().kind());
  for (const auto& [key, value] : root.json().as_object()) {
    const bool known = std::find(kNames.begin(), kNames.end(), key) != kNames.end();
    if (known && value.is_null()) {
      config.null.insert(key);
      config.named.erase(key);
    } else if (known) {
      config.null.erase(key);
      config.named.insert_or_assign(key, read_token(root.at(key), true));
    } else if (key.ends_with("_token") && value.is_string()) {
      config.model_specific.push_back(special_token(value.as_string()));
    }
  }
}

// A list, or an object of a model's own names, as files of transformers 4 have it, mostly empty.
void read_extra(const JsonPlace& root, PretrainedConfig& config) {
  constexpr const char *kNew = "extra_special_tokens", *kOld = "additional_special_tokens";
  if (root.has(kNew) && root.at(kNew).json().is_object()) {
    for (const auto& [key, value] : root.at(kNew).json().as_object())
      config.model_specific.push_back(read_token(root.at(kNew).at(key), true));
  } else if (root.has(kNew)) {
    config.extra_special = read_tokens(root.at(kNew));
  }
  if (root.has(kOld) && (!config.extra_special || config.extra_special->empty()))
    config.extra_special = read_tokens(root.at(kOld));
}

std::vector<AddedToken> in_order(const std::map<std::int64_t, AddedToken>& by_id) {
  std::vector<AddedToken> tokens;
  for (const auto& [id, token] : by_id) tokens.push_back(token);
  return tokens;
}

std::vector<AddedToken> read_added_decoder(const JsonPlace& place) {
  std::map<std::int64_t, AddedToken> by_id;
  if (!place.json().is_object()) place.fail("expected an object, found " + place.json().kind());
  for (const auto& [key, value] : place.json().as_object()) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size()) place.fail("'" + key + "' is no id");
    by_id.insert_or_assign(id, read_token(place.at(key), false));
  }
  return in_order(by_id);
}

void read_config(const JsonPlace& root, PretrainedConfig& config) {
  read_named(root, config);
  read_extra(root, config);
  if (root.has("extra_ids")) config.extra_ids = root.at("extra_ids").integer();
  if (config.extra_ids < 0 || config.extra_ids > 100000) root.at("extra_ids").fail("is out of range");
  config.add_prefix_space = root.boolean("add_prefix_space", false);
  config.add_bos = root.boolean("add_bos_token", false);
  config.add_eos = root.boolean("add_eos_token", false);
  if (root.boolean("split_special_tokens", false)) root.at("split_special_tokens").fail("true is not supported here");
}

// The older files, which count where tokenizer_config.json lists no added tokens.
void read_older_files(const std::filesystem::path& folder, PretrainedConfig& config) {
  const std::string map_file = folder / "special_tokens_map.json";
  if (std::filesystem::exists(map_file)) {
    const core::Json json = core::read_json_file(map_file);
    const JsonPlace root(map_file, json);
    read_named(root, config);
    PretrainedConfig older;
    read_extra(root, older);
    config.older_extra = older.extra_special.value_or(std::vector<AddedToken>());
    config.model_specific.insert(config.model_specific.end(), older.model_specific.begin(), older.model_specific.end());
  }
  const std::string added_file = folder / "added_tokens.json";
  if (!std::filesystem::exists(added_file)) return;
  const core::Json json = core::read_json_file(added_file);
  const JsonPlace root(added_file, json);
  if (!json.is_object()) root.fail("expected an object, found " + json.kind());
  std::set<std::string> special;
  for (const auto& [name, token] : config.named) special.insert(token.content);
  for (const AddedToken& token : config.extra_special.value_or(config.older_extra)) special.insert(token.content);
  std::map<std::int64_t, AddedToken> by_id;
  for (const auto& [content, id] : json.as_object()) {
    AddedToken token{content};
    token.special = special.contains(content);
    token.normalized = !token.special;
    const std::int64_t place = root.at(content).integer();
    if (place < 0) root.at(content).fail(std::to_string(place) + " is no id");
    by_id.insert_or_assign(place, token);
  }
  config.added = in_order(by_id);
}

}  // namespace

PretrainedConfig read_pretrained_config(const std::filesystem::path& folder) {
  PretrainedConfig config;
  const std::string file = config.file = folder / "tokenizer_config.json";
  bool lists_added = false;
  if (std::filesystem::exists(file)) {
    const core::Json json = core::read_json_file(file);
    const JsonPlace root(file, json);
    lists_added = root.has("added_tokens_decoder");
    read_config(root, config);
    if (lists_added) config.added = read_added_decoder(root.at("added_tokens_decoder"));
  }
  if (!lists_added) read_older_files(folder, config);
  return config;
}

bool cleans_up(const std::filesystem::path& folder, bool byte_pair) {
  const std::string file = folder / "tokenizer_config.json";
  if (!std::filesystem::exists(file)) return false;
  const core::Json json = core::read_json_file(file);
  const JsonPlace root(file, json);
  return root.boolean("clean_up_tokenization_spaces", false) &&
         (!byte_pair || root.boolean("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false));
}

Ids named_id(const PretrainedConfig& config, const std::string& name, const std::string& otherwise,
             const AddedTokens& tokens) {
  const auto named = config.named.find(name);
  const std::string& content = named == config.named.end() ? otherwise : named->second.content;
  if (const auto id = tokens.find(content)) return {*id};
  throw core::FileError(config.file, name + ": '" + content + "' is in no vocabulary");
}

std::vector<AddedToken> tokens_to_add(const PretrainedConfig& config,
                                      const std::vector<std::pair<std::string, std::string>>& defaults,
                                      const std::vector<AddedToken>& default_extra) {
  std::vector<AddedToken> tokens;
  std::map<std::string, std::size_t> places;
  const auto add = [&](const AddedToken& token, bool named) {
    const auto [place, fresh] = places.emplace(token.content, tokens.size());
    if (fresh) tokens.push_back(token);
    if (named) tokens[place->second].special = true;
  };
  for (const AddedToken& token : config.added) add(token, false);
  for (const char* name : kNames) {
    const auto named = config.named.find(name);
    if (named != config.named.end()) {
      add(named->second, true);
      continue;
    }
    for (const auto& [known, content] : defaults) {
      if (known == name && !config.is_null(name)) add(special_token(content), true);
    }
  }
  for (const AddedToken& token : config.model_specific) add(token, true);
  for (const AddedToken& token : config.extra_special.value_or(default_extra)) add(token, false);
  return tokens;
}

}  // namespace tokenizer
