#include "backbones/tokenizer/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/core/text.h"

namespace tokenizer {
namespace {

// The room that `max_length` leaves beside the special tokens.
std::size_t room(std::int64_t max_length, const Template& items) {
  const std::int64_t specials = special_count(items);
  if (max_length < specials) {
    throw std::invalid_argument(
        fmt::format("a limit of {} tokens is less than {} special tokens", max_length, specials));
  }
  return static_cast<std::size_t>(max_length - specials);
}

Ids fill(const Template& items, const Ids& first, const Ids& second) {
  Ids filled;
  filled.reserve(first.size() + second.size() + special_count(items));
  for (const TemplateItem& item : items) {
    const Ids& ids = item.kind == TemplateItem::Kind::kFirst    ? first
                     : item.kind == TemplateItem::Kind::kSecond ? second
                                                                : item.ids;
    filled.insert(filled.end(), ids.begin(), ids.end());
  }
  return filled;
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

}  // namespace

std::int64_t special_count(const Template& items) {
  std::int64_t count = 0;
  for (const TemplateItem& item : items) count += static_cast<std::int64_t>(item.ids.size());
  return count;
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

std::unique_ptr<Workspace> WorkspacePool::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Workspace>();
  std::unique_ptr<Workspace> workspace = std::move(idle_.back());
  idle_.pop_back();
  return workspace;
}

void WorkspacePool::give_back(std::unique_ptr<Workspace> workspace) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

/// One text on its way through the stages, each part as far as it goes before the next part starts.
class PipelineTokenizer::Pass {
 public:
  Pass(const PipelineTokenizer& tokenizer, Workspace& workspace, Ids& ids)
      : parts_(tokenizer.parts_), byte_level_(tokenizer.byte_level_), workspace_(workspace), ids_(ids) {
    workspace.buffers.resize(parts_.pre_tokenizers.size());
  }

  void append(std::string_view text) {
    const auto token = [&](std::int32_t id) { ids_.push_back(id); };
    parts_.added_tokens.cut_raw(
        {text, true},
        [&](const Span& raw) {
          Draft& draft = workspace_.draft;
          draft.assign(raw.text, raw.starts_text);
          normalize(parts_.normalizers, draft);
          parts_.added_tokens.cut_normalized(
              {draft.text, draft.starts_text}, [&](const Span& span) { pre_tokenize(0, span); }, token);
        },
        token);
  }

 private:
  void pre_tokenize(std::size_t stage, const Span& span) {
    if (span.text.empty()) return;
    if (stage == parts_.pre_tokenizers.size()) return append_word(span.text);
    std::visit(
        [&](const auto& cutter) {
          cutter.cut(span, workspace_.buffers[stage], [&](const Span& part) { pre_tokenize(stage + 1, part); });
        },
        parts_.pre_tokenizers[stage]);
  }

  void append_word(std::string_view word) {
    if (word.size() > WordCache::kLongestWord) return append_new_word(word);
    const std::uint64_t hash = WordCache::hash(word);
    if (workspace_.cache.append(word, hash, ids_)) return;
    const std::size_t before = ids_.size();
    append_new_word(word);
    workspace_.cache.insert(word, hash, std::span(ids_).subspan(before));
  }

  void append_new_word(std::string_view word) {
    if (!byte_level_) return parts_.model->encode(word, workspace_.scratch, ids_);
    workspace_.characters.clear();
    write_byte_characters(word, workspace_.characters);
    parts_.model->encode(workspace_.characters, workspace_.scratch, ids_);
  }

  const Parts& parts_;
  const bool byte_level_;
  Workspace& workspace_;
  Ids& ids_;
};

PipelineTokenizer::PipelineTokenizer(Parts parts)
    : parts_(std::move(parts)),
      byte_level_(!parts_.pre_tokenizers.empty() && std::holds_alternative<ByteLevel>(parts_.pre_tokenizers.back())) {}

void PipelineTokenizer::append_content(std::string_view text, Ids& ids) const {
  require_utf8(text);
  std::unique_ptr<Workspace> workspace = workspaces_.take();
  Pass(*this, *workspace, ids).append(text);
  workspaces_.give_back(std::move(workspace));
}

Encoding PipelineTokenizer::encode(std::string_view text, std::int64_t max_length, TruncationSide side) const {
  const std::size_t limit = room(max_length, parts_.single);
  Ids ids;
  append_content(text, ids);
  const std::size_t length = ids.size();
  cut(ids, limit, side);
  return {fill(parts_.single, ids, {}), static_cast<std::int64_t>(length - ids.size())};
}

Encoding PipelineTokenizer::encode_pair(std::string_view first, std::string_view second, std::int64_t max_length,
                                        TruncationSide side) const {
  const std::size_t limit = room(max_length, parts_.pair);
  Ids a, b;
  append_content(first, a);
  append_content(second, b);
  const std::size_t length = a.size() + b.size();
  const auto [a_size, b_size] = longest_first(a.size(), b.size(), limit);
  cut(a, a_size, side);
  cut(b, b_size, side);
  return {fill(parts_.pair, a, b), static_cast<std::int64_t>(length - a.size() - b.size())};
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

std::string PipelineTokenizer::token_text(std::int32_t id) const {
  if (const std::string* added = parts_.added_tokens.piece(id)) return *added;
  const std::string* piece = parts_.model->piece(id);
  return piece == nullptr ? "" : piece_text(parts_.decoder, *piece);
}

std::int64_t PipelineTokenizer::size() const {
  return std::int64_t{parts_.model->size()} + parts_.added_tokens.beyond_model();
}

}  // namespace tokenizer
