// Which files make a tokenizer: tokenizer.json as it stands, else what the pinned transformers builds for T5 from
// spiece.model and for RoBERTa from vocab.json and merges.txt.
#include "backbones/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include "backbones/tokenizer/byte_pair.h"
#include "backbones/tokenizer/json_place.h"
#include "backbones/tokenizer/pipeline.h"
#include "backbones/tokenizer/pretrained_config.h"
#include "backbones/tokenizer/sentencepiece_file.h"
#include "backbones/tokenizer/tokenizer_json.h"
#include "backbones/tokenizer/unigram.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kT5UnknownId = 2;  // transformers does not ask the file

// The families that the recipes below are right for; the others need their tokenizer.json.
void require_family(const fs::path& folder, const std::vector<std::string>& families) {
  const std::string file = folder / "config.json";
  if (!fs::exists(file)) return;
  const core::Json json = core::read_json_file(file);
  const JsonPlace root(file, json);
  const std::string family = root.string("model_type", families[0]);
  for (const std::string& known : families) {
    if (family == known) return;
  }
  root.at("model_type")
      .fail("a tokenizer of '" + family + "' needs its tokenizer.json (without one: " + core::join(families, ", ") +
            ")");
}

AddedToken piece_token(const std::string& content, bool special) {
  AddedToken token{content};
  token.normalized = false;
  token.special = special;
  return token;
}

// A named token's id, for templates.
Ids id_of(const Parts& parts, const std::string& content, const fs::path& folder) {
  if (const auto id = parts.added_tokens.find(content)) return {*id};
  throw core::FileError(folder, "the special token '" + content + "' is in no vocabulary");
}

Parts build_t5(const fs::path& folder, const PretrainedConfig& config) {
  require_family(folder, {"t5", "mt5", "umt5"});
  const std::string path = folder / "spiece.model";
  const SentencePieceFile file = read_sentencepiece_file(path);
  if (file.model_type != 1) throw core::FileError(path, "holds no Unigram model, which T5 needs");
  Unigram::Vocabulary vocabulary;
  std::vector<AddedToken> extra;
  for (const SentencePieceFile::Piece& piece : file.pieces) {
    vocabulary.pieces.push_back(piece.text);
    vocabulary.scores.push_back(piece.score);
    const bool control = piece.type == SentencePieceFile::kControl;
    if (control || piece.type == SentencePieceFile::kUserDefined) extra.push_back(piece_token(piece.text, control));
  }
  for (std::int64_t i = config.extra_ids; i-- > 0;) {
    vocabulary.pieces.push_back(fmt::format("<extra_id_{}>", i));
    vocabulary.scores.push_back(0);
  }
  for (std::int64_t i = 0; i < config.extra_ids; ++i)
    extra.push_back(piece_token(fmt::format("<extra_id_{}>", i), true));
  vocabulary.unknown_id = kT5UnknownId;

  using enum TemplateItem::Kind;
  Parts parts;
  try {
    if (!file.character_map.empty()) parts.normalizers.emplace_back(Precompiled{CharacterMap(file.character_map)});
    parts.model = std::make_unique<Unigram>(std::move(vocabulary));
    parts.added_tokens = AddedTokens(
        tokens_to_add(config, {{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}}, extra),
        *parts.model, parts.normalizers);
  } catch (const std::runtime_error& error) {
    throw core::FileError(path, error.what());
  }
  parts.pre_tokenizers = {WhitespaceSplit{}, Metaspace{}};
  const Ids end = id_of(parts, named_content(config, "eos_token", "</s>"), folder);
  parts.single = {{kFirst, {}}, {kSpecial, end}};
  parts.pair = {{kFirst, {}}, {kSpecial, end}, {kSecond, {}}, {kSpecial, end}};
  parts.decoder.kind = Decoder::Kind::kMetaspace;
  parts.decoder.clean_up = config.clean_up;
  return parts;
}

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
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos) {
      throw core::FileError::at_line(path, number, "expected two pieces with a blank between");
    }
    merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return merges;
}

Parts build_roberta(const fs::path& folder, const PretrainedConfig& config) {
  require_family(folder, {"roberta"});
  const std::string vocabulary_path = folder / "vocab.json", merges_path = folder / "merges.txt";
  const core::Json json = core::read_json_file(vocabulary_path);
  const JsonPlace root(vocabulary_path, json);
  if (!json.is_object()) root.fail("expected an object, found " + json.kind());
  BytePair::Vocabulary vocabulary;
  for (const auto& [piece, id] : json.as_object()) {
    if (!id.is_integer()) root.fail("the id of '" + piece + "' is " + id.kind() + ", not an integer");
    vocabulary.pieces.emplace_back(piece, static_cast<std::int32_t>(id.as_integer()));
  }
  vocabulary.merges = read_merges(merges_path);

  using enum TemplateItem::Kind;
  Parts parts;
  try {
    parts.model = std::make_unique<BytePair>(vocabulary);
  } catch (const std::runtime_error& error) {
    throw core::FileError(merges_path, std::string(error.what()) + " (with " + vocabulary_path + ")");
  }
  const std::vector<std::pair<std::string, std::string>> defaults{
      {"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "<unk>"},  {"sep_token", "</s>"},
      {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}};
  parts.added_tokens = AddedTokens(tokens_to_add(config, defaults, {}), *parts.model, {});
  parts.pre_tokenizers = {ByteLevel{config.add_prefix_space, true}};
  const Ids start = id_of(parts, named_content(config, "cls_token", "<s>"), folder);
  const Ids end = id_of(parts, named_content(config, "sep_token", "</s>"), folder);
  parts.single = {{kSpecial, start}, {kFirst, {}}, {kSpecial, end}};
  parts.pair = {{kSpecial, start}, {kFirst, {}}, {kSpecial, end}, {kSpecial, end}, {kSecond, {}}, {kSpecial, end}};
  parts.decoder.kind = Decoder::Kind::kByteLevel;
  parts.decoder.clean_up = config.clean_up && config.clean_up_even_byte_pair;
  return parts;
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  if (!fs::is_directory(folder)) throw core::FileError(folder, "no such folder");
  const PretrainedConfig config = read_pretrained_config(folder);
  Parts parts;
  if (fs::exists(folder / "tokenizer.json")) {
    parts = read_tokenizer_json(folder / "tokenizer.json");
    const bool byte_pair = dynamic_cast<const BytePair*>(parts.model.get()) != nullptr;
    parts.decoder.clean_up = config.clean_up && (!byte_pair || config.clean_up_even_byte_pair);
  } else if (fs::exists(folder / "spiece.model")) {
    parts = build_t5(folder, config);
  } else if (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")) {
    parts = build_roberta(folder, config);
  } else {
    throw core::FileError(folder,
                          "holds no tokenizer: expected tokenizer.json, spiece.model, or vocab.json and merges.txt");
  }
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace tokenizer
