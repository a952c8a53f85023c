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

void read_named(const JsonPlace& root, PretrainedConfig& config) {
  for (const char* name : kNames) {
    if (root.has(name)) config.named.insert_or_assign(name, read_token(root.at(name), true));
  }
}

std::vector<AddedToken> in_order(const std::map<std::int64_t, AddedToken>& by_id) {
  std::vector<AddedToken> tokens;
  for (const auto& [id, token] : by_id) tokens.push_back(token);
  return tokens;
}

std::vector<AddedToken> read_added_decoder(const JsonPlace& place) {
  std::map<std::int64_t, AddedToken> by_id;
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
  for (const char* key : {"extra_special_tokens", "additional_special_tokens"}) {
    if (!root.has(key) || config.extra_special) continue;
    config.extra_special = read_tokens(root.at(key));
  }
  if (root.has("extra_ids")) config.extra_ids = root.at("extra_ids").integer();
  if (config.extra_ids < 0 || config.extra_ids > 100000) root.at("extra_ids").fail("is out of range");
  config.add_prefix_space = root.boolean("add_prefix_space", false);
  config.clean_up = root.boolean("clean_up_tokenization_spaces", false);
  config.clean_up_even_byte_pair =
      root.boolean("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false);
}

// The older files, which count where tokenizer_config.json lists no added tokens.
void read_older_files(const std::filesystem::path& folder, PretrainedConfig& config) {
  const std::string map_file = folder / "special_tokens_map.json";
  if (std::filesystem::exists(map_file)) {
    const core::Json json = core::read_json_file(map_file);
    read_named(JsonPlace(map_file, json), config);
  }
  const std::string added_file = folder / "added_tokens.json";
  if (!std::filesystem::exists(added_file)) return;
  const core::Json json = core::read_json_file(added_file);
  const JsonPlace root(added_file, json);
  if (!json.is_object()) root.fail("expected an object, found " + json.kind());
  std::map<std::int64_t, AddedToken> by_id;
  for (const auto& [content, id] : json.as_object()) {
    const auto same = [&content = content](const auto& named) { return named.second.content == content; };
    AddedToken token{content};
    token.special = std::any_of(config.named.begin(), config.named.end(), same);
    token.normalized = !token.special;
    by_id.insert_or_assign(root.at(content).integer(), token);
  }
  config.added = in_order(by_id);
}

}  // namespace

PretrainedConfig read_pretrained_config(const std::filesystem::path& folder) {
  PretrainedConfig config;
  const std::string file = folder / "tokenizer_config.json";
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

std::string named_content(const PretrainedConfig& config, const std::string& name, const std::string& otherwise) {
  const auto named = config.named.find(name);
  return named == config.named.end() ? otherwise : named->second.content;
}

std::vector<AddedToken> tokens_to_add(const PretrainedConfig& config,
                                      const std::vector<std::pair<std::string, std::string>>& defaults,
                                      const std::vector<AddedToken>& default_extra) {
  std::vector<AddedToken> tokens = config.added;
  const auto add = [&](const AddedToken& token) {
    const auto same = [&](const AddedToken& known) { return known.content == token.content; };
    if (std::none_of(tokens.begin(), tokens.end(), same)) tokens.push_back(token);
  };
  for (const char* name : kNames) {
    const auto named = config.named.find(name);
    if (named != config.named.end()) {
      add(named->second);
      continue;
    }
    for (const auto& [known, content] : defaults) {
      if (known == name) add(special_token(content));
    }
  }
  for (const AddedToken& token : config.extra_special.value_or(default_extra)) add(token);
  return tokens;
}

}  // namespace tokenizer
