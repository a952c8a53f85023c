#include "backbones/tokenizer/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "backbones/tokenizer/unicode.h"
#include "harness/core/text.h"

namespace tokenizer {
namespace {

constexpr std::size_t kCachedWords = 1 << 16;
constexpr std::size_t kLongestCached = 64;  // bytes

// The room that `max_length` leaves beside the special tokens.
std::size_t room(std::int64_t max_length, const Template& items) {
  const std::int64_t specials = special_count(items);
  if (max_length < specials) {
    throw std::invalid_argument(
        fmt::format("a limit of {} tokens is less than {} special tokens", max_length, specials));
  }
  return static_cast<std::size_t>(max_length - specials);
}

Encoding fill(const Template& items, const Ids& first, const Ids& second) {
  Encoding encoding;
  for (const TemplateItem& item : items) {
    const Ids& ids = item.kind == TemplateItem::Kind::kFirst    ? first
                     : item.kind == TemplateItem::Kind::kSecond ? second
                                                                : item.ids;
    encoding.ids.insert(encoding.ids.end(), ids.begin(), ids.end());
  }
  return encoding;
}

// What is left of `ids` when all but `limit` are cut on that side.
void cut(Ids& ids, std::size_t limit, TruncationSide side) {
  if (ids.size() <= limit) return;
  const auto extra = static_cast<std::ptrdiff_t>(ids.size() - limit);
  if (side == TruncationSide::kLeft) {
    ids.erase(ids.begin(), ids.begin() + extra);
  } else {
    ids.resize(limit);
  }
}

void require_utf8(std::string_view text) {
  const std::size_t at = core::find_invalid_utf8(text);
  if (at != std::string_view::npos) throw std::invalid_argument(fmt::format("the text is not UTF-8 at byte {}", at));
}

// The length of the valid sequence at `at`, or of the broken one (then `valid` is false): the longest start of a
// sequence.
std::size_t sequence_length(std::string_view bytes, std::size_t at, bool& valid) {
  const auto byte = [&](std::size_t i) {
    return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0;
  };
  const int lead = byte(0);
  valid = true;
  if (lead < 0x80) return 1;
  valid = false;
  if (lead < 0xC2 || lead > 0xF4) return 1;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  int low = 0x80, high = 0xBF;  // of the second byte: no overlong forms, no surrogates, nothing above U+10FFFF
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < low || byte(i) > high) return i;
    low = 0x80;
    high = 0xBF;
  }
  valid = true;
  return length;
}

std::string join_metaspace(const Decoder& decoder, const std::vector<std::string>& pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    text += core::replace_all(pieces[i], decoder.replacement, i == 0 && decoder.drop_first ? "" : " ");
  }
  return text;
}

// The bytes that the characters of a piece stand for; a piece with another character is text as it is.
std::string bytes_of(const std::string& piece) {
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const Decoded c = decode_at(piece, at);
    const int byte = character_byte(c.code_point);
    if (byte < 0) return piece;
    bytes.push_back(static_cast<char>(byte));
    at += c.bytes;
  }
  return bytes;
}

std::string clean_up_spaces(std::string text) {
  constexpr std::pair<const char*, const char*> kReplacements[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kReplacements) text = core::replace_all(text, from, to);
  return text;
}

}  // namespace

std::int64_t special_count(const Template& items) {
  std::int64_t count = 0;
  for (const TemplateItem& item : items) count += static_cast<std::int64_t>(item.ids.size());
  return count;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    bool valid;
    const std::size_t length = sequence_length(bytes, at, valid);
    text += valid ? bytes.substr(at, length) : "\uFFFD";
    at += length;
  }
  return text;
}

std::string decode_pieces(const Decoder& decoder, const std::vector<std::string>& pieces) {
  std::string text;
  switch (decoder.kind) {
    case Decoder::Kind::kNone:
      text = core::join(pieces, " ");
      break;
    case Decoder::Kind::kMetaspace:
      text = join_metaspace(decoder, pieces);
      break;
    case Decoder::Kind::kByteLevel:
      for (const std::string& piece : pieces) text += bytes_of(piece);
      text = replace_invalid_utf8(text);
      break;
  }
  return decoder.clean_up ? clean_up_spaces(std::move(text)) : text;
}

std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second, std::size_t limit) {
  if (first + second <= limit) return {first, second};
  std::size_t shorter = std::min(first, second);
  std::size_t longer = shorter > limit ? shorter : std::max(shorter, limit - shorter);
  if (shorter + longer > limit) {
    shorter = limit / 2;
    longer = shorter + limit % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

void WordCache::encode(const Model& model, const std::vector<Span>& spans, Ids& ids) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  for (const Span& span : spans) {
    if (span.added_id >= 0) {
      ids.push_back(span.added_id);
    } else if (lock.owns_lock() && span.text.size() <= kLongestCached) {
      encode_word(model, span.text, ids);
    } else {
      model.encode(span.text, ids);
    }
  }
}

void WordCache::encode_word(const Model& model, const std::string& word, Ids& ids) {
  auto found = words_.find(word);
  if (found == words_.end()) {
    if (words_.size() >= kCachedWords) words_.clear();
    Ids fresh;
    model.encode(word, fresh);
    found = words_.emplace(word, std::move(fresh)).first;
  }
  ids.insert(ids.end(), found->second.begin(), found->second.end());
}

Ids PipelineTokenizer::content_ids(std::string_view text) const {
  require_utf8(text);
  Ids ids;
  cache_.encode(*parts_.model, pre_tokenize(parts_.pre_tokenizers, parts_.added_tokens.split(text, parts_.normalizers)),
                ids);
  return ids;
}

Encoding PipelineTokenizer::encode(std::string_view text, std::int64_t max_length, TruncationSide side) const {
  const std::size_t limit = room(max_length, parts_.single);
  Ids ids = content_ids(text);
  const std::size_t length = ids.size();
  cut(ids, limit, side);
  Encoding encoding = fill(parts_.single, ids, {});
  encoding.cut = static_cast<std::int64_t>(length - ids.size());
  return encoding;
}

Encoding PipelineTokenizer::encode_pair(std::string_view first, std::string_view second, std::int64_t max_length,
                                        TruncationSide side) const {
  const std::size_t limit = room(max_length, parts_.pair);
  Ids a = content_ids(first), b = content_ids(second);
  const std::size_t length = a.size() + b.size();
  const auto [a_size, b_size] = longest_first(a.size(), b.size(), limit);
  cut(a, a_size, side);
  cut(b, b_size, side);
  Encoding encoding = fill(parts_.pair, a, b);
  encoding.cut = static_cast<std::int64_t>(length - a.size() - b.size());
  return encoding;
}

std::string PipelineTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::vector<std::string> pieces;
  for (const std::int32_t id : ids) {
    const std::string* piece = parts_.added_tokens.piece(id);
    if (piece == nullptr) piece = parts_.model->piece(id);
    if (piece != nullptr && !parts_.added_tokens.is_special(*piece)) pieces.push_back(*piece);
  }
  return decode_pieces(parts_.decoder, pieces);
}

std::int64_t PipelineTokenizer::size() const {
  return std::int64_t{parts_.model->size()} + parts_.added_tokens.beyond_model();
}

}  // namespace tokenizer
