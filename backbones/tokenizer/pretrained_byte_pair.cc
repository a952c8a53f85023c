#include "backbones/tokenizer/pretrained_byte_pair.h"

#include <algorithm>

#include "backbones/tokenizer/byte_pair.h"
#include "backbones/tokenizer/json_place.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;  // of special tokens, and their texts

// One merge a line: two pieces with a blank between; lines that start with #version are comments.
std::vector<std::pair<std::string, std::string>> read_merges(const std::string& path) {
  std::vector<std::pair<std::string, std::string>> merges;
  const std::string content = core::read_file(path);
  std::int64_t number = 0;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    std::string_view line = std::string_view(content).substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    if (core::find_invalid_utf8(line) != std::string_view::npos)
      throw core::FileError::at_line(path, number, "is not UTF-8");
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos) {
      throw core::FileError::at_line(path, number, "expected two pieces with a blank between");
    }
    merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return merges;
}

std::unique_ptr<Model> read_model(const std::filesystem::path& folder) {
  const std::string vocabulary_path = folder / "vocab.json", merges_path = folder / "merges.txt";
  const core::Json json = core::read_json_file(vocabulary_path);
  const JsonPlace root(vocabulary_path, json);
  if (!json.is_object()) root.fail("expected an object, found " + json.kind());
  BytePair::Vocabulary vocabulary;
  for (const auto& [piece, id] : json.as_object()) {
    if (!id.is_integer()) root.fail("the id of '" + piece + "' is " + id.kind() + ", not an integer");
    vocabulary.pieces.emplace_back(piece, id.as_integer());
  }
  vocabulary.merges = read_merges(merges_path);
  try {
    return std::make_unique<BytePair>(std::move(vocabulary));
  } catch (const std::runtime_error& error) {
    const bool of_merges = std::string_view(error.what()).starts_with("merge");
    throw core::FileError(of_merges ? merges_path : vocabulary_path, error.what());
  }
}

Parts build(const std::filesystem::path& folder, const PretrainedConfig& config, const Names& defaults) {
  Parts parts;
  parts.model = read_model(folder);
  try {
    parts.added_tokens = AddedTokens(tokens_to_add(config, defaults, config.older_extra), *parts.model, {});
  } catch (const std::runtime_error& error) {
    throw core::FileError(config.file, error.what());
  }
  parts.pre_tokenizers = {ByteLevel{config.add_prefix_space, true}};
  parts.decoder.kind = Decoder::Kind::kByteLevel;
  return parts;
}

}  // namespace

Parts build_roberta(const std::filesystem::path& folder, const PretrainedConfig& config) {
  Parts parts = build(folder, config,
                      {{"bos_token", "<s>"},
                       {"eos_token", "</s>"},
                       {"unk_token", "<unk>"},
                       {"sep_token", "</s>"},
                       {"pad_token", "<pad>"},
                       {"cls_token", "<s>"},
                       {"mask_token", "<mask>"}});
  using enum TemplateItem::Kind;
  const Ids start = named_id(config, "cls_token", "<s>", parts.added_tokens);
  const Ids end = named_id(config, "sep_token", "</s>", parts.added_tokens);
  parts.single = {{kSpecial, start}, {kFirst, {}}, {kSpecial, end}};
  parts.pair = {{kSpecial, start}, {kFirst, {}}, {kSpecial, end}, {kSpecial, end}, {kSecond, {}}, {kSpecial, end}};
  return parts;
}

Parts build_gpt2(const std::filesystem::path& folder, const PretrainedConfig& config) {
  constexpr const char* kEndOfText = "<|endoftext|>";
  Parts parts =
      build(folder, config, {{"bos_token", kEndOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}});
  using enum TemplateItem::Kind;
  TemplateItem start{kSpecial, {}}, end{kSpecial, {}};
  if (config.add_bos && !config.is_null("bos_token"))
    start.ids = named_id(config, "bos_token", kEndOfText, parts.added_tokens);
  if (config.add_eos && !config.is_null("eos_token"))
    end.ids = named_id(config, "eos_token", kEndOfText, parts.added_tokens);
  parts.single = {start, {kFirst, {}}, end};
  parts.pair = {start, {kFirst, {}}, end, start, {kSecond, {}}, end};
  return parts;
}

}  // namespace tokenizer
