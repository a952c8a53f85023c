#include "backbones/tokenizer/pretrained_t5.h"

#include <fmt/format.h>

#include "backbones/tokenizer/sentencepiece_file.h"
#include "backbones/tokenizer/unigram.h"
#include "harness/core/errors.h"

namespace tokenizer {
namespace {

constexpr std::int64_t kUnknownId = 2;  // transformers does not ask the file

AddedToken piece_token(const std::string& content, bool special) {
  AddedToken token{content};
  token.normalized = false;
  token.special = special;
  return token;
}

// The pieces with their scores, then the sentinels, last first; and in `extra` what is found in the text itself.
Unigram::Vocabulary make_vocabulary(const SentencePieceFile& file, std::int64_t sentinels,
                                    std::vector<AddedToken>& extra) {
  Unigram::Vocabulary vocabulary;
  vocabulary.unknown_id = kUnknownId;
  for (const SentencePieceFile::Piece& piece : file.pieces) {
    vocabulary.pieces.push_back(piece.text);
    vocabulary.scores.push_back(piece.score);
    const bool control = piece.type == SentencePieceFile::kControl;
    if (control || piece.type == SentencePieceFile::kUserDefined) extra.push_back(piece_token(piece.text, control));
  }
  for (std::int64_t i = sentinels; i-- > 0;) {
    vocabulary.pieces.push_back(fmt::format("<extra_id_{}>", i));
    vocabulary.scores.push_back(0);
  }
  for (std::int64_t i = 0; i < sentinels; ++i) extra.push_back(piece_token(fmt::format("<extra_id_{}>", i), true));
  return vocabulary;
}

}  // namespace

Parts build_t5(const std::filesystem::path& folder, const PretrainedConfig& config) {
  const std::string path = folder / "spiece.model";
  const SentencePieceFile file = read_sentencepiece_file(path);
  if (file.model_type != 1) throw core::FileError(path, "holds no Unigram model, which T5 needs");
  std::vector<AddedToken> extra;
  Unigram::Vocabulary vocabulary = make_vocabulary(file, config.extra_ids, extra);

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
  const Ids end = named_id(config, "eos_token", "</s>", parts.added_tokens);
  parts.single = {{kFirst, {}}, {kSpecial, end}};
  parts.pair = {{kFirst, {}}, {kSpecial, end}, {kSecond, {}}, {kSpecial, end}};
  parts.decoder.kind = Decoder::Kind::kMetaspace;
  return parts;
}

}  // namespace tokenizer
